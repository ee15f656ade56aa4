// Messages of the WeChat account: switched on inside WeChat, refused while nobody follows, and told of a sale.
import { decent, expect, hydrated, test, type Page } from "../../harness/story";
import { fillIn, payButton, receiptShown, somebody } from "../../harness/payer";
import { atTheCode, MANAGERS, PASSWORD } from "../../harness/manager";

/** Off, whatever an earlier try left behind. */
async function switchedOff(manager: Page): Promise<void> {
  await manager.goto("/m/settings/messages");
  await hydrated(manager);
  const off = manager.locator("form[action$='/messages/off'] button");
  if (!(await off.count())) return;
  await off.click();
  await expect(off).toHaveCount(0);
}

test("a manager switches messages on, is told why none comes, follows, and hears of a sale", async ({ wechatPage: manager, newPhone, sim }) => {
  const code = await atTheCode(manager, MANAGERS.settings);
  await hydrated(manager);
  await switchedOff(manager);
  await manager.goto("/m/settings");
  await hydrated(manager);
  await manager.getByRole("link", { name: "接收收款成功通知" }).tap();
  await expect(manager.getByRole("heading", { name: "未开启" })).toBeVisible();
  await decent(manager);
  await manager.getByRole("link", { name: "开启通知" }).tap();
  await expect(manager.getByText("已开启，正在给您的微信发第一条消息。")).toBeVisible();
  await expect(async () => {
    await manager.goto("/m/settings/messages");
    await expect(manager.getByText("消息送不到：您没有关注公众号。")).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await decent(manager);

  // The same phone, at the account.
  const account = await manager.context().newPage();
  await account.goto(`${sim.url}/inbox/wechat`);
  await account.getByRole("button", { name: "关注 Follow" }).first().tap();
  await expect(account.getByRole("button", { name: "取消关注 Leave" }).first()).toBeVisible();

  const payer = await newPhone();
  await payer.goto(code);
  await fillIn(payer, "12.5", { student: somebody() });
  await payButton(payer).tap();
  await receiptShown(payer, "12.50");
  await expect(async () => {
    await account.reload();
    await expect(account.locator("article").first()).toContainText("收款 1 笔", { timeout: 1_000 });
  }).toPass();
  await expect(account.locator("article").first()).toContainText("¥12.50");
  await manager.goto("/m/settings/messages");
  await hydrated(manager);
  await expect(manager.getByText("最近一条消息送出于")).toBeVisible();
  await manager.getByRole("button", { name: "关闭通知" }).tap();
  await expect(manager.getByText("已关闭，不再发消息。")).toBeVisible();
});

test("outside WeChat the screen says where to open it", async ({ desktopPage: page }) => {
  await page.goto("/m/sign-in");
  await page.locator("#phone").fill(MANAGERS.settings);
  await page.locator("#password").fill(PASSWORD);
  await page.locator("form button[type=submit]").click();
  await page.waitForURL("**/m");
  await switchedOff(page);
  await page.goto("/m/settings/messages?lang=en");
  await expect(page.getByText("Messages are switched on inside WeChat")).toBeVisible();
  await expect(page.getByRole("link", { name: "Switch messages on" })).toHaveCount(0);
});

test("a code is scanned with WeChat's scanner, and typed where that fails", async ({ wechatPage: page }) => {
  page.on("dialog", (dialog) => void dialog.accept("6901234567892"));
  await expect(async () => {
    await page.goto("/p/demo-form");
    await expect(page.locator("form[data-wx]")).toHaveCount(1, { timeout: 1_000 });
  }).toPass();
  const scan = page.locator("[data-scan]");
  await expect(scan).toBeVisible();
  await scan.tap();
  await expect(page.getByLabel("订单条码")).toHaveValue("6901234567892");
});
