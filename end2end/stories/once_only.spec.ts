// However often somebody taps, reloads or goes back: one payment is paid once.
import { expect, test } from "../harness/story";
import { answer, fillIn, openByDoor, payButton, paymentOf, receiptShown, somebody, tapAmount } from "../harness/payer";

const sheet = (name: string) => `[data-sim="${name}"]`;

test.describe("with the demo's own wallet", () => {
  test.use({ hand: "absent" });

  test("two tabs that pay the same payment end at the same receipt", async ({ wechatPage: first, sim }) => {
    await first.goto("/p/demo");
    await fillIn(first, "6.01", { student: somebody() });
    await payButton(first).tap();
    await expect(first.locator(sheet("overlay"))).toBeVisible();
    const payment = paymentOf(first);
    const second = await first.context().newPage();
    await second.goto(first.url());
    // sessionStorage is a tab's own, so the second tab opens its sheet by itself, too.
    await expect(second.locator(sheet("overlay"))).toBeVisible();
    // A slow second tap would find that the tab has already gone to the receipt by itself: what the tab asks waits for the tap.
    let tapped = () => {};
    const tap = new Promise<void>((done) => (tapped = done));
    await second.route(`**/${payment}*`, (route) => tap.then(() => route.continue()));
    await first.locator(sheet("pay")).tap();
    await second.locator(sheet("pay")).tap();
    tapped();
    const receipt = await receiptShown(first, "6.01");
    expect(await receiptShown(second, "6.01")).toBe(receipt);
    const orders = (await sim.orders()).filter((order) => order.out_trade_no === payment);
    expect(orders.map((order) => order.trade_state)).toEqual(["SUCCESS"]);
  });
});

test("a double tap submits once", async ({ wechatPage: page, bridgeCalls }) => {
  const posts: string[] = [];
  page.on("request", (request) => request.method() === "POST" && posts.push(request.url()));
  await page.goto("/p/demo");
  await fillIn(page, "6.02", { student: somebody() });
  await payButton(page).dblclick();
  await receiptShown(page, "6.02");
  expect(posts).toHaveLength(1);
  expect(bridgeCalls).toHaveLength(1);
});

test("the same submit twice is one payment, other content is another", async ({ baseURL }) => {
  const idem = somebody();
  const fields = { amount: "6.03", "field.student": "小华", "field.class": "三年一班", idem };
  const [first, again] = await Promise.all([openByDoor(`${baseURL}/p/demo`, fields), openByDoor(`${baseURL}/p/demo`, fields)]);
  expect(again.payment).toBe(first.payment);
  const other = await openByDoor(`${baseURL}/p/demo`, { ...fields, amount: "6.04" });
  expect(other.payment).not.toBe(first.payment);
});

test("going back after paying asks for nothing again", async ({ wechatPage: page, bridgeCalls }) => {
  const student = somebody();
  await page.goto("/p/demo");
  await fillIn(page, "6.05", { student });
  await payButton(page).tap();
  const receipt = await receiptShown(page, "6.05");
  await page.goBack();
  await page.waitForLoadState();
  if (page.url() !== receipt) {
    // The form stands ready for another payment; what was paid is not proposed again.
    await expect(page).toHaveURL(/\/p\/demo$/);
    await expect(payButton(page)).toBeEnabled();
    await expect(page.getByLabel("付款金额")).toHaveValue("");
    await expect(page.getByLabel("学生姓名")).toHaveValue(student);
  }
  expect(bridgeCalls).toHaveLength(1);
  await page.goForward();
  await receiptShown(page, "6.05");
  expect(bridgeCalls).toHaveLength(1);
});

test("the address on which WeChat's sign-in lands can be reloaded and shared", async ({ wechatPage: page, newPhone, bridgeCalls }) => {
  const landings: string[] = [];
  page.on("request", (request) => request.url().includes("/oauth/wechat?") && landings.push(request.url()));
  await page.goto("/p/demo");
  await fillIn(page, "6.06", { student: somebody() });
  await payButton(page).tap();
  const receipt = await receiptShown(page, "6.06");
  expect(landings).toHaveLength(1);
  await page.goto(landings[0]);
  expect(await receiptShown(page, "6.06")).toBe(receipt);
  const friend = await newPhone();
  await friend.goto(landings[0]);
  expect(await receiptShown(friend, "6.06")).toBe(receipt);
  expect(bridgeCalls).toHaveLength(1);
  // Who has paid here before is not sent to the sign-in page again.
  await page.goto("/p/demo");
  await tapAmount(page, "1");
  await answer(page, { student: somebody(), class: "三年一班" });
  await payButton(page).tap();
  await receiptShown(page, "1.00");
  expect(landings.filter((landing) => landing !== landings[0])).toEqual([]);
});
