// WeChat Pay does not answer, and answers again: nothing is lost, nothing is guessed. Alone, because a door that fails in a row is
// left in peace for a while, for everybody.
import { decent, expect, test } from "../../harness/story";
import { answer, fillIn, openByDoor, payButton, paymentOf, receiptShown, somebody } from "../../harness/payer";

test.describe.configure({ mode: "serial" });
test.use({ expectedErrors: /status of 503/ });

test.afterEach(async ({ sim }) => sim.clearFaults());

test("no order can be made: the payer is told, and the same payment goes on later", async ({ wechatPage: page, sim, bridgeCalls }) => {
  const student = somebody();
  await sim.fault({ door: "prepay", fault: "500", times: 100 });
  await page.goto("/p/demo");
  await fillIn(page, "11.01", { student });
  await payButton(page).tap();
  await expect(page.getByRole("heading", { name: "微信支付暂时没有回应" })).toBeVisible();
  await expect(page.getByText("没有扣款")).toBeVisible();
  const payment = paymentOf(page);
  await decent(page);
  await sim.clearFaults();
  await expect(async () => {
    if (!page.url().includes("/r/")) await page.getByRole("link", { name: "再试一次" }).tap({ timeout: 1_000 });
    await receiptShown(page, "11.01");
  }).toPass({ timeout: 40_000, intervals: [1_000] });
  await expect(page.locator(".no").first()).toHaveText(payment);
  expect(bridgeCalls).toHaveLength(1);
});

test.describe("paid while nobody can be asked", () => {
  test.use({ hand: "pays, nobody is told", expectedErrors: null });

  test("the page says that it is not known, asks not to pay again, and finds the receipt", async ({ wechatPage: page, sim }) => {
    await page.goto("/p/demo-fixed");
    await answer(page, { student: somebody() });
    await sim.fault({ door: "query", fault: "hang-up", times: 1000 });
    await payButton(page).tap();
    await expect(page.getByText("请不要重复付款")).toBeVisible();
    await expect(page.getByRole("heading", { level: 2, name: "正在确认付款结果" })).toBeVisible();
    await decent(page);
    await sim.clearFaults();
    await receiptShown(page, "12.50");
  });
});

test("an order whose answer was lost is not made twice", async ({ sim, baseURL, wechatPage: page }) => {
  await sim.fault({ door: "prepay", fault: "500-after", times: 1 });
  const before = (await sim.orders()).length;
  const opened = await openByDoor(`${baseURL}/p/demo-fixed`, { "field.student": somebody() }).catch(() => undefined);
  expect((await sim.orders()).length).toBe(before + 1);
  const no = (await sim.orders())[0].out_trade_no;
  await page.goto(`/p/demo-fixed/${no}?way=native`);
  await expect(page.getByRole("img", { name: "微信支付二维码" })).toBeVisible();
  expect((await sim.orders()).length).toBe(before + 1);
  await sim.pay(no);
  await receiptShown(page, "12.50");
  expect(opened).toBeUndefined();
});
