// Where there is no bridge, a code to scan; where there is no WeChat at all, the same, and in the demo a cashier.
import { decent, expect, test } from "../harness/story";
import { answer, fillIn, payButton, receiptShown, said, somebody } from "../harness/payer";

test.describe("WeChat without a bridge", () => {
  test.use({ hand: "absent", expectedErrors: /bridge\.js|ERR_FAILED/ });

  test("after three seconds a code to scan takes over, and pays", async ({ wechatPage: page, sim }) => {
    await page.context().route("**/bridge.js", (route) => route.abort());
    await page.goto("/p/demo");
    await fillIn(page, "9.01", { student: somebody() });
    await payButton(page).tap();
    await page.waitForURL(/way=native/);
    const code = page.getByRole("img", { name: "微信支付二维码" });
    await expect(code).toBeVisible();
    await expect(page.getByText("可长按识别")).toBeVisible();
    await decent(page);
    const url = await code.getAttribute("data-code");
    const scanned = (await sim.orders()).find((order) => order.code_url === url);
    expect(scanned).toBeTruthy();
    await sim.pay(scanned!.out_trade_no);
    await receiptShown(page, "9.01");
  });
});

test("on a desktop: the code, the cashier, and back to the receipt", async ({ desktopPage: page }) => {
  const student = somebody();
  await page.goto("/p/demo");
  await page.keyboard.type("9.02");
  await expect(page.getByLabel("付款金额")).toHaveValue("9.02");
  await answer(page, { student, class: "三年一班" });
  await payButton(page).click();
  await expect(page.getByRole("img", { name: "微信支付二维码" })).toBeVisible();
  const waiting = page.url();
  await page.getByRole("link", { name: "打开演示收银台" }).click();
  await expect(page).toHaveURL(/^http:\/\/localhost:\d+\/cashier\//);
  await expect(page.getByText("9.02").first()).toBeVisible();
  await page.locator("button[value=cancel]").click();
  await expect(page).toHaveURL(waiting);
  await expect(page.getByText("请用微信扫码付款")).toBeVisible();
  await page.getByRole("link", { name: "打开演示收银台" }).click();
  await page.locator("button[value=pay]").click();
  await receiptShown(page, "9.02");
  await expect(said(page, "学生姓名")).toHaveText(student);
});

test("a payment begun inside WeChat can be finished on a desktop, and is still one payment", async ({ wechatPage, newPhone, desktopPage }) => {
  const phone = await newPhone("cancels");
  await phone.goto("/p/demo");
  await fillIn(phone, "9.03", { student: somebody() });
  await payButton(phone).tap();
  await expect(phone.getByRole("button", { name: "去付款" })).toBeVisible();
  await desktopPage.goto(phone.url());
  await desktopPage.getByRole("link", { name: "打开演示收银台" }).click();
  await desktopPage.locator("button[value=pay]").click();
  const receipt = await receiptShown(desktopPage, "9.03");
  expect(await receiptShown(phone, "9.03")).toBe(receipt);
  await wechatPage.goto(receipt);
  await receiptShown(wechatPage, "9.03");
});
