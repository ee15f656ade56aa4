// Reminders of debts: a manager reminds somebody by text message, who opens the link, and says that they want no more. It stands here
// because the demo's manager is signed in at one place only.
import { accessible, decent, expect, fitsSmallScreens, test, type Page } from "../../harness/story";
import { MANAGERS, PASSWORD, signIn } from "../../harness/manager";
import type { Sim } from "../../harness/sim";

const MANAGER = MANAGERS.stranger;
const ADMINISTRATOR = "13700137000";

test.use({ expectedErrors: /status of 422/ });

/** A number of this try alone: whoever was reminded by an earlier one is not reminded again so soon. */
const ownPhone = () => `139${String(Date.now()).slice(-8)}`;

/** Raises a debt with this phone and stays on its screen. */
async function raised(manager: Page, phone: string): Promise<void> {
  await manager.goto("/m/sign-in");
  await signIn(manager, MANAGER);
  await expect(manager.locator(".qr-act img.qr")).toBeVisible();
  await manager.goto("/m/receivables/new");
  await manager.locator("#name").fill("孙小圆");
  await manager.locator("#title").fill("2026 秋季校车费");
  await manager.locator("#amount").fill("88.5");
  await manager.locator("#due").fill("2099-12-31");
  if (phone) await manager.locator("#phone").fill(phone);
  await manager.getByRole("button", { name: "保存" }).tap();
  await expect(manager.locator(".amounts .money")).toHaveText("¥88.50");
}

async function newest(sim: Sim, phone: string): Promise<string> {
  let text = "";
  await expect(async () => {
    const sent = (await sim.outbox()).find((one) => one.kind === "sms" && one.to === phone) as { content: { text: string } } | undefined;
    expect(sent).toBeDefined();
    text = sent!.content.text;
  }).toPass();
  return text;
}

/** Dark, for elders, and in English. */
async function inEveryLook(page: Page, path: string): Promise<void> {
  for (const look of ["theme=dark", "theme=light&mode=care", "mode=standard&lang=en", "lang=zh&theme=auto"]) {
    await page.goto(`${path}?${look}`);
    await accessible(page);
    await fitsSmallScreens(page);
  }
}

test("somebody is reminded, opens the link of the message, and wants no more", async ({ wechatPage: manager, newPhone, sim }) => {
  test.slow();
  const phone = ownPhone();
  await raised(manager, "");
  const debt = new URL(manager.url()).pathname;
  await expect(manager.getByText("没有手机号，发不了短信。")).toBeVisible();
  await decent(manager);
  await manager.locator("#phone").fill("139");
  await manager.getByRole("button", { name: "保存手机号" }).tap();
  await expect(manager.locator("#phone-why")).toBeVisible();
  await expect(manager.locator("#phone")).toHaveValue("139");
  await manager.locator("#phone").fill(phone);
  await manager.getByRole("button", { name: "保存手机号" }).tap();
  await manager.getByRole("button", { name: "开启自动提醒" }).tap();
  await expect(manager.getByText("已开启：截止日前 3 天")).toBeVisible();
  await expect(async () => {
    await manager.goto(debt);
    await expect(manager.getByText("2099年12月28日", { exact: false })).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await manager.getByRole("button", { name: "现在提醒" }).tap();
  await expect(manager.locator("#reminded")).toContainText("短信服务已接收");
  await expect(manager.locator("#reminded")).toContainText(`139****${phone.slice(-4)}`);
  await expect(manager.getByText("三天内只提醒一次", { exact: false })).toBeVisible();
  await decent(manager);
  // The list says so too, and is narrowed by it.
  await manager.goto("/m/receivables");
  const choices = manager.locator("#by-reminders");
  await choices.getByRole("link", { name: "没提醒过" }).tap();
  await expect(choices.locator("[aria-current]")).toHaveText("没提醒过");
  await expect(manager.locator(`a[href='${debt}']`)).toHaveCount(0);
  await choices.getByRole("link", { name: "已提醒" }).tap();
  await expect(manager).toHaveURL(/reminded=yes/);
  await expect(manager.locator(`a[href='${debt}']`)).toContainText("短信提醒过");
  await inEveryLook(manager, "/m/receivables");
  await manager.goto(debt);

  const text = await newest(sim, phone);
  expect(text).toContain("“2026 秋季校车费”还有88.50元待付");
  const link = text.match(/https?:\/\/\S+/)![0];
  const debtor = await newPhone();
  await debtor.goto(link);
  await expect(debtor.getByText("¥88.50").first()).toBeVisible();
  await accessible(debtor);
  await fitsSmallScreens(debtor);
  await debtor.getByRole("link", { name: "不再短信提醒我" }).tap();
  await expect(debtor.getByRole("heading", { name: "不再收到这笔款的短信提醒？" })).toBeVisible();
  const page = new URL(debtor.url()).pathname;
  await inEveryLook(debtor, page);
  await debtor.getByRole("button", { name: "不再提醒我" }).tap();
  await expect(debtor.getByRole("heading", { name: "不会再提醒您" })).toBeVisible();
  await inEveryLook(debtor, page);

  await manager.reload();
  await expect(manager.getByText("选择了不再提醒", { exact: false })).toBeVisible();
  await inEveryLook(manager, debt);
  await debtor.getByRole("button", { name: "重新提醒我" }).tap();
  await expect(debtor.getByRole("heading", { name: "已恢复短信提醒" })).toBeVisible();
  await manager.goto(debt);
  await manager.getByRole("button", { name: "停止提醒" }).tap();
  await expect(manager.getByText("您在", { exact: false })).toBeVisible();
  await manager.getByRole("button", { name: "恢复提醒" }).tap();
  await expect(manager.getByText("已恢复提醒。")).toBeVisible();
});

test.describe("without a script", () => {
  test.use({ javaScriptEnabled: false });

  test("somebody is reminded and says no", async ({ wechatPage: manager, newPhone, sim }) => {
    const phone = ownPhone();
    await raised(manager, phone);
    await manager.getByRole("button", { name: "现在提醒" }).tap();
    await expect(manager.locator("#reminded")).toContainText("短信服务已接收");
    const debtor = await newPhone();
    await debtor.goto((await newest(sim, phone)).match(/https?:\/\/\S+/)![0]);
    await debtor.getByRole("link", { name: "不再短信提醒我" }).tap();
    await debtor.getByRole("button", { name: "不再提醒我" }).tap();
    await expect(debtor.getByRole("heading", { name: "不会再提醒您" })).toBeVisible();
    await debtor.getByRole("link", { name: "回到付款页" }).tap();
    await expect(debtor.getByText("¥88.50").first()).toBeVisible();
  });
});

test("an administrator has debts reminded of by themselves", async ({ desktopPage: office }) => {
  await office.goto("/admin/sign-in");
  await office.locator("#phone").fill(ADMINISTRATOR);
  await office.locator("#password").fill(PASSWORD);
  await office.getByRole("button", { name: "登录" }).click();
  await office.goto("/admin/settings");
  const card = office.locator("section", { has: office.getByRole("heading", { name: "欠款自动提醒" }) });
  for (const choice of ["自动提醒", "只由收款人手动提醒"]) {
    await card.getByLabel(choice, { exact: true }).check();
    await card.getByRole("button", { name: "保存" }).click();
    await expect(card.getByLabel(choice, { exact: true })).toBeChecked();
    await expect(card.getByText("何主任", { exact: false })).toBeVisible();
  }
  // The hour of the schedule: none at which nobody is reminded.
  const said = await card.getByText("不打扰人", { exact: false }).innerText();
  const [, begins, ends] = /(\d\d:\d\d) 至 (\d\d:\d\d) 不打扰人/.exec(said)!;
  await card.getByLabel("每天几点起发").fill(begins);
  await card.getByRole("button", { name: "保存" }).click();
  await expect(card.locator("#from-wrong")).toBeVisible();
  await expect(card.locator("#from")).toHaveValue(begins);
  await accessible(office);
  await card.getByLabel("每天几点起发").fill(ends);
  await card.getByRole("button", { name: "保存" }).click();
  await expect(card.locator("#from-wrong")).toHaveCount(0);
  await expect(card.locator("#from")).toHaveValue(ends);
  await accessible(office);
  await fitsSmallScreens(office);
});
