// What the page says is what the channel says, whichever way the news travels, or does not.
import { expect, test } from "../harness/story";
import { fillIn, openByDoor, payButton, paymentOf, receiptShown, somebody, statusOf } from "../harness/payer";

const sheet = (name: string) => `[data-sim="${name}"]`;
const hard = "试试麻烦的情况";

test.describe("paid, and nobody tells us", () => {
  test.use({ hand: "pays, nobody is told" });

  test("the page turns paid within seconds by the server's own question", async ({ wechatPage: page }) => {
    await page.goto("/p/demo");
    await fillIn(page, "5.01", { student: somebody() });
    await payButton(page).tap();
    await receiptShown(page, "5.01");
  });
});

test.describe("paid, while the page hears that it failed", () => {
  test.use({ hand: "pays, page hears fail" });

  test("the server's answer counts, not the bridge's", async ({ wechatPage: page }) => {
    await page.goto("/p/demo");
    await fillIn(page, "5.02", { student: somebody() });
    await payButton(page).tap();
    await receiptShown(page, "5.02");
  });
});

test.describe("cancelled, then paid after all", () => {
  test.use({ hand: "cancels, then pays" });

  test("the receipt appears", async ({ wechatPage: page }) => {
    await page.goto("/p/demo");
    await fillIn(page, "5.03", { student: somebody() });
    await payButton(page).tap();
    await receiptShown(page, "5.03");
  });
});

test.describe("through the demo's own wallet", () => {
  test.use({ hand: "absent" });

  test("pay, but tell nobody: the page finds out", async ({ wechatPage: page }) => {
    await page.goto("/p/demo");
    await fillIn(page, "5.04", { student: somebody() });
    await payButton(page).tap();
    await page.getByText(hard).tap();
    await page.locator(sheet("pay-silently")).tap();
    await receiptShown(page, "5.04");
  });

  test("cancel: it is safe to pay, and one tap pays", async ({ wechatPage: page, sim }) => {
    await page.goto("/p/demo");
    await fillIn(page, "5.05", { student: somebody() });
    await payButton(page).tap();
    await page.locator(sheet("cancel")).tap();
    await expect(page.getByText("可以放心付款，不会重复扣款")).toBeVisible();
    const payment = paymentOf(page);
    // A reload opens no sheet by itself: the payer decides.
    await page.reload();
    await expect(page.getByRole("button", { name: "去付款" })).toBeVisible();
    await expect(page.locator(sheet("overlay"))).toHaveCount(0);
    await page.getByRole("button", { name: "去付款" }).tap();
    await page.locator(sheet("pay")).tap();
    await receiptShown(page, "5.05");
    const order = await sim.order(payment);
    expect(order.trade_state).toBe("SUCCESS");
  });
});

test("a notice that never comes costs the payer seconds, not the money", async ({ desktopPage: page, sim }) => {
  await page.goto("/p/demo-fixed");
  await page.getByLabel("学生姓名").fill(somebody());
  await payButton(page).click();
  await expect(page.getByRole("img", { name: "微信支付二维码" })).toBeVisible();
  const payment = paymentOf(page);
  await sim.fault({ door: "notify", fault: "drop", only: payment, times: 9 });
  await sim.pay(payment);
  await receiptShown(page, "12.50");
});

test("a notice that comes twenty times and late changes nothing", async ({ wechatPage: page, sim, baseURL }) => {
  const opened = await openByDoor(`${baseURL}/p/demo-fixed`, { "field.student": somebody() });
  await sim.fault({ door: "notify", fault: "duplicate", copies: 5, only: opened.payment });
  await sim.pay(opened.payment);
  await expect.poll(async () => (await statusOf(opened.page)).state).toBe("paid");
  const { receipt } = await statusOf(opened.page);
  await page.goto(receipt!);
  const before = await page.locator("dl").innerText();
  const deliveries = await sim.notify(opened.payment, { copies: 20, shuffle: true });
  expect(deliveries.length).toBeGreaterThanOrEqual(20);
  expect(await statusOf(opened.page)).toEqual({ state: "paid", receipt });
  await page.reload();
  expect(await page.locator("dl").innerText()).toBe(before);
});

test("a notice that is forged or garbled is not believed", async ({ desktopPage: page, sim }) => {
  await page.goto("/p/demo-fixed");
  await page.getByLabel("学生姓名").fill(somebody());
  await payButton(page).click();
  await expect(page.getByRole("img", { name: "微信支付二维码" })).toBeVisible();
  const payment = paymentOf(page);
  await sim.pay(payment, { notify: false });
  for (const fault of ["wrong-signature", "garbled", "unsigned", "stale"]) {
    const deliveries = await sim.notify(payment, { fault });
    expect(deliveries.map((delivery) => delivery.status), fault).not.toContain(204);
  }
  await receiptShown(page, "12.50");
});

test("an amount that is not the one asked is held, and the payer is told the truth", async ({ wechatPage: page, sim, baseURL }) => {
  const opened = await openByDoor(`${baseURL}/p/demo`, { amount: "50", "field.student": somebody(), "field.class": "三年一班" });
  await sim.pay(opened.payment, { amount_fen: 100 });
  await expect.poll(async () => (await statusOf(opened.page)).state).toBe("held");
  expect((await statusOf(opened.page)).receipt).toBeNull();
  await page.goto(opened.page);
  await expect(page.getByRole("heading", { level: 2, name: "收款方正在核对" })).toBeVisible();
  await expect(page.getByText("请不要重复付款")).toBeVisible();
});
