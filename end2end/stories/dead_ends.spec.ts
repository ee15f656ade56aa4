// Where nothing can be paid, a human sentence says why, and that nothing was charged.
import { expect, test } from "../harness/story";
import { openByDoor, payByDoor, receiptShown, somebody } from "../harness/payer";

const ENDS = [
  ["/p/demo-expired", 410, "收款码已过期", "没有扣款", "This code has expired"],
  ["/p/demo-disabled", 410, "收款码已停用", "没有扣款", "This code is switched off"],
  ["/p/demo-closed", 410, "商户暂停收款", "没有扣款", "The merchant is not collecting"],
  ["/p/no-such-code", 404, "没有这个收款码", "请核对链接", "No such code"],
  ["/p/demo/0199a0b1c2d3e4f50617283940516273", 404, "没有这个页面", "请核对链接是否完整", "No such page"],
  ["/p/demo/nonsense", 404, "没有这个页面", "请核对链接是否完整", "No such page"],
  ["/r/no-such-receipt", 404, "没有这个页面", "请核对链接是否完整", "No such page"],
  ["/nowhere", 404, "没有这个页面", "请核对链接是否完整", "No such page"],
] as const;

test.describe("addresses that lead nowhere", () => {
  test.use({ expectedErrors: /status of 4(04|10)/ });
  for (const [path, status, title, text, english] of ENDS) {
    test(`${path} says: ${title}`, async ({ wechatPage: page }) => {
      const answer = await page.goto(path);
      expect(answer!.status()).toBe(status);
      await expect(page.getByRole("heading", { name: title })).toBeVisible();
      await expect(page.getByText(text)).toBeVisible();
      await expect(page.locator("form")).toHaveCount(0);
      await page.goto(`${path}?lang=en`);
      await expect(page.getByRole("heading", { name: english })).toBeVisible();
    });
  }
});

test("a dead code takes no payment, also from a form that was open before", async ({ request }) => {
  for (const code of ["demo-expired", "demo-disabled", "demo-closed"]) {
    const answer = await request.post(`/p/${code}`, { form: { amount: "1", "field.student": "小明", "field.class": "三年一班" }, maxRedirects: 0 });
    expect(answer.status(), code).toBe(410);
  }
});

test("the result stays reachable by its link from any phone", async ({ newPhone, sim, baseURL }) => {
  const paid = await payByDoor(sim, `${baseURL}/p/demo-fixed`, { "field.student": somebody() });
  const other = await newPhone();
  await other.goto(paid.page);
  expect(await receiptShown(other, "12.50")).toBe(paid.receipt);
});

test("a payment under another code's address is not shown", async ({ request, baseURL }) => {
  const opened = await openByDoor(`${baseURL}/p/demo-fixed`, { "field.student": somebody() });
  const answer = await request.get(`/p/demo/${opened.payment}`);
  expect(answer.status()).toBe(404);
});
