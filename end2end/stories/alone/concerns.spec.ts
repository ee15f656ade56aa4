// Money that did not simply arrive: the manager is told on the phone what Shouma did about it and who deals with the rest.
// It stands here because every manager of the demo serves another story, and an account is signed in at one place only.
import { decent, expect, hydrated, test, type Page } from "../../harness/story";
import { fillIn, openByDoor, payButton, paymentOf, receiptShown, somebody } from "../../harness/payer";
import { atTheCode, MANAGERS } from "../../harness/manager";
import type { Sim } from "../../harness/sim";

/** A payer opens a payment in WeChat, pays it by a scanned code all the same, and the wallet that was still open pays once more. */
async function payTwice(payer: Page, desktop: Page, sim: Sim, payUrl: string, student: string): Promise<void> {
  await payer.goto(payUrl);
  await fillIn(payer, "3", { student });
  await payButton(payer).tap();
  await expect(payer.getByRole("button", { name: "去付款" })).toBeVisible();
  const payment = paymentOf(payer);
  await desktop.goto(payer.url());
  await desktop.getByRole("link", { name: "打开演示收银台" }).click();
  await desktop.locator("button[value=pay]").click();
  await receiptShown(payer, "3.00");
  await sim.pay(payment, { force: true });
}

/** Looks at what an earlier try left to look at, so that what comes from now on is new. */
async function nothingNew(manager: Page): Promise<void> {
  await manager.goto("/m/concerns");
  await hydrated(manager);
  const seen = manager.getByRole("button", { name: "知道了" });
  for (let left = await seen.count(); left > 0; left -= 1) {
    await seen.first().tap();
    await expect(seen).toHaveCount(left - 1);
  }
  await manager.goto("/m");
}

test.use({ hand: "cancels" });

test("a second payment and a wrong amount are told, and what was seen is no longer asked for", async ({ wechatPage: manager, newPhone, desktopPage, sim }) => {
  test.slow();
  const payUrl = await atTheCode(manager, MANAGERS.stranger);
  await nothingNew(manager);
  await hydrated(manager);
  await expect(manager.locator(".link-state")).toHaveText("在线");
  const line = manager.locator(".concern-line a");
  await expect(line.filter({ hasText: "需要看一下" })).toHaveCount(0);

  // Another amount than was asked: the line comes without a reload.
  const [other, twice] = [somebody(), somebody()];
  const held = await openByDoor(payUrl, { amount: "50", "field.student": other, "field.class": "三年一班" });
  await sim.pay(held.payment, { amount_fen: 4900 });
  await expect(line).toHaveText("1 笔款项需要看一下");
  await decent(manager);
  const payer = await newPhone();
  await payTwice(payer, desktopPage, sim, payUrl, twice);
  await expect(line).toHaveText("2 笔款项需要看一下");

  await line.tap();
  await expect(manager.getByRole("heading", { name: "需要留意", level: 1 })).toBeVisible();
  const [second, first] = [manager.locator(".concern").filter({ hasText: twice }), manager.locator(".concern").filter({ hasText: other })];
  for (const concern of [second, first]) await expect(concern).toHaveCount(1);
  await expect(second).toContainText("同一笔付了两次 ¥3.00");
  await expect(second).toContainText("您不用处理");
  await expect(first).toContainText("应收 ¥50.00，实收 ¥49.00");
  await expect(first).toContainText(`单号 ${held.payment}`);
  await decent(manager);

  // Seen: the second payment needs nobody, the held money still does.
  await second.getByRole("button", { name: "知道了" }).tap();
  await expect(second.getByRole("button", { name: "知道了" })).toHaveCount(0);
  await expect(second).toHaveAttribute("data-open", "false");
  await first.getByRole("button", { name: "知道了" }).tap();
  await expect(first).toHaveAttribute("data-open", "true");
  await expect(first).toContainText("等管理员处理");

  // From there to the payment, which is no receipt, and to the receipt of the other.
  await first.getByRole("link", { name: "查看这笔款项" }).tap();
  await expect(manager.getByText("没有记入收款", { exact: true })).toBeVisible();
  await expect(manager.locator(".amounts")).toContainText("¥49.00 单独存放");
  await decent(manager);
  await manager.reload();
  await hydrated(manager);
  await expect(manager.locator(".amounts")).toContainText("¥49.00 单独存放");
  await manager.getByRole("link", { name: "需要留意" }).tap();
  await second.getByRole("link", { name: "查看收款详情" }).tap();
  await expect(manager.getByRole("heading", { name: "收款详情" })).toBeVisible();
  await expect(manager.locator(".concern")).toContainText("同一笔付了两次");

  // The line is quiet now and says who is waited for. The payer reads the same.
  await manager.goto("/m");
  await expect(line).toHaveText(/^\s*\d+ 笔款项正等管理员处理\s*$/);
  await payer.goto(held.page);
  await expect(payer.getByRole("heading", { name: "收款方正在核对" })).toBeVisible();
});
