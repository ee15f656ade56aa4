// Time runs out while the payer waits. A demo of its own, in which a payment may take 80 seconds instead of
// fifteen minutes; the channel takes no orders of less than a minute.
import { startDemo, type Demo } from "../harness/demo";
import { decent, expect, test as base } from "../harness/story";
import { fillIn, openByDoor, payButton, paymentOf, receiptShown, somebody, statusOf } from "../harness/payer";
import { Sim } from "../harness/sim";

const test = base.extend<object, { demo: Demo }>({
  demo: [
    async ({}, use) => {
      const demo = await startDemo("too_late", { SHOUMA_PAYMENT_EXPIRES_S: "80" });
      await use(demo);
      await demo.stop();
    },
    { scope: "worker" },
  ],
  baseURL: async ({ demo }, use) => use(demo.url),
  sim: async ({ demo }, use) => use(new Sim(demo.simulatorUrl)),
});

// That time has to pass, and the channel has to close the orders.
const LATER = { timeout: 130_000 };

test.describe.configure({ timeout: 240_000 });
test.use({ hand: "cancels" });

test("who waits too long is told, begins again safely, and keeps the link; money that comes later goes back", async ({ wechatPage: page, newPhone, sim, baseURL }) => {
  const student = somebody();
  await page.goto("/p/demo");
  await fillIn(page, "5.06", { student });
  await payButton(page).tap();
  await expect(page.getByRole("button", { name: "去付款" })).toBeVisible();
  await expect(page.getByText("可以放心付款，不会重复扣款")).toBeVisible();
  const payment = paymentOf(page);
  const link = page.url().replace(/#.*/, "");
  const late = await openByDoor(`${baseURL}/p/demo-fixed`, { "field.student": somebody() });

  // Nobody touches the phone.
  await expect(page.getByRole("heading", { level: 2, name: "没有付款", exact: true })).toBeVisible(LATER);
  await expect(page.getByText("这笔付款已关闭，没有扣款。可以放心重新付款。")).toBeVisible();
  await expect(page.getByRole("button", { name: "去付款" })).toHaveCount(0);
  expect((await sim.order(payment)).trade_state).toBe("CLOSED");
  expect(await statusOf(link)).toEqual({ state: "not_paid", receipt: null });
  await decent(page);

  // From any phone and in either language, the link still says it.
  const other = await newPhone();
  await other.goto(`${link}?lang=en`);
  await expect(other.getByRole("heading", { level: 2, name: "Not paid" })).toBeVisible();
  await expect(other.getByText("It is safe to pay again")).toBeVisible();

  // What was typed is still there; the new payment is another one.
  await page.getByRole("link", { name: "重新付款" }).tap();
  await expect(page.getByLabel("学生姓名")).toHaveValue(student);
  await expect(page.getByLabel("付款金额")).toHaveValue("5.06");
  await payButton(page).tap();
  await expect(page.getByRole("button", { name: "去付款" })).toBeVisible();
  const again = paymentOf(page);
  expect(again).not.toBe(payment);
  await sim.pay(again);
  const receipt = await receiptShown(page, "5.06");
  await page.goto(link);
  await expect(page.getByRole("heading", { level: 2, name: "没有付款", exact: true })).toBeVisible();
  await page.goto(receipt);
  await receiptShown(page, "5.06");

  // Somebody else had the wallet open and was a second faster than the close.
  await expect.poll(async () => (await statusOf(late.page)).state, LATER).toBe("not_paid");
  await sim.refundDelays({ change_ms: 15_000, card_ms: 15_000 });
  await sim.pay(late.payment, { force: true });
  await expect.poll(async () => (await statusOf(late.page)).state).toBe("returned");
  await other.goto(`${late.page}?lang=zh`);
  await expect(other.getByRole("heading", { level: 2, name: "款项正在自动退回" })).toBeVisible();
  await expect(other.getByText("不需要您做什么")).toBeVisible();
  await decent(other);
  await expect(async () => {
    await other.reload();
    await expect(other.getByRole("heading", { level: 2, name: "款项已自动退回" })).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 90_000, intervals: [2_000] });
  await other.goto(`${late.page}?lang=en`);
  await expect(other.getByRole("heading", { level: 2, name: "Returned" })).toBeVisible();
});
