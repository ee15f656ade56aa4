// The manager's code: refreshed under a paying customer, old codes that run out or are cut, with and without script.
import { decent, expect, hydrated, test, type Page } from "../harness/story";
import { fillIn, payButton, payByDoor, receiptShown, somebody } from "../harness/payer";
import { atTheCode, MANAGERS } from "../harness/manager";

// One account is signed in at one place, so these stories follow each other.
test.describe.configure({ mode: "serial" });
test.use({ expectedErrors: /status of 410/ });

const payUrlOf = async (manager: Page) => (await manager.locator(".plate .quiet-link").getAttribute("href"))!;
/** At the code that asks everything: an earlier try may have broken off with another one chosen. */
async function atThePlainCode(manager: Page): Promise<string> {
  const shown = await atTheCode(manager, MANAGERS.code);
  const preset = manager.locator(".plate .preset");
  if (!(await preset.count())) return shown;
  await manager.goto("/m/codes");
  await hydrated(manager);
  await manager.getByRole("button", { name: "默认收款码" }).tap();
  await expect(manager.locator(".qr-act img.qr")).toBeVisible();
  await expect(preset).toHaveCount(0);
  return payUrlOf(manager);
}

const tail = (url: string) => url.slice(-4);
const question = (page: Page) => page.locator("dialog[open]");

/** Both ways ask first: a tap on the code, and 展开 > 刷新. */
async function refresh(manager: Page, way: "by the code" | "by the tile"): Promise<void> {
  const before = await payUrlOf(manager);
  if (way === "by the tile") {
    const tile = manager.locator(".tiles").getByRole("link", { name: "刷新", exact: true });
    if (!(await tile.isVisible())) await manager.getByText("展开").tap();
    await tile.tap();
    await expect(question(manager).getByRole("heading")).toHaveText("换一个新的收款码？");
    expect(await payUrlOf(manager), "nothing changes before the answer").toBe(before);
  } else {
    await manager.getByRole("link", { name: "刷新收款码" }).tap();
  }
  await question(manager).getByRole("button", { name: "换新码" }).tap();
  await expect(question(manager)).toHaveCount(0);
  await expect.poll(() => payUrlOf(manager)).not.toBe(before);
}

test("a refresh under a paying customer: the old code still pays, and the receipt says which it was", async ({ wechatPage: manager, newPhone }) => {
  const old = await atThePlainCode(manager);
  await hydrated(manager);
  await expect(manager.locator(".link-state")).toHaveText("在线");
  const olds = manager.locator(".old-code");
  const before = await olds.count();
  const beside = await manager.context().newPage();
  await beside.goto("/m");
  await hydrated(beside);
  await expect(beside.locator(".link-state")).toHaveText("在线");
  const payer = await newPhone();
  await payer.goto(old);
  const student = somebody();
  await fillIn(payer, "36", { student });

  // Tapping the code asks first, and giving up changes nothing.
  await manager.getByRole("link", { name: "刷新收款码" }).tap();
  await expect(question(manager).getByRole("heading")).toHaveText("换一个新的收款码？");
  await expect(question(manager)).toContainText("还能用 3 小时");
  await decent(manager);
  await question(manager).getByRole("link", { name: "取消" }).tap();
  await expect(question(manager)).toHaveCount(0);
  expect(await payUrlOf(manager)).toBe(old);
  await manager.keyboard.press("Escape");

  await manager.evaluate(() => void ((window as any).__same = true));
  await refresh(manager, "by the code");
  expect(await manager.evaluate(() => (window as any).__same)).toBe(true);
  await expect(manager.getByText(/已换成新码。管理员的设置没有变化。/)).toBeVisible();
  await expect(olds).toHaveCount(before + 1);
  const row = olds.filter({ hasText: `尾号 ${tail(old)}` });
  await expect(row).toContainText(/还有 (3 小时|2 小时 59 分)/);
  await decent(manager);
  // The other screen of the same manager shows the new code without being touched.
  await expect.poll(() => payUrlOf(beside)).toBe(await payUrlOf(manager));
  await expect(beside.locator(".old-code")).toHaveCount(before + 1);
  await beside.close();

  await payButton(payer).tap();
  await receiptShown(payer, "36.00");
  await expect(manager.locator(".slot .news")).toContainText("¥36.00");
  await manager.locator(".slot .news").tap();
  const through = manager.locator('.pairs dt:text-is("经由") + dd');
  await expect(through).toHaveText(new RegExp(`^旧码，.* 换下 · 尾号 ${tail(old)}$`));
});

test("an old code is cut: whoever scans it, or has it open, is asked to scan the present one", async ({ wechatPage: manager, newPhone, sim }) => {
  const old = await atThePlainCode(manager);
  await hydrated(manager);
  const payer = await newPhone();
  await payer.goto(old);
  await fillIn(payer, "5", { student: somebody() });
  await refresh(manager, "by the code");
  await refresh(manager, "by the tile");
  const row = manager.locator(".old-code", { hasText: tail(old) });
  const others = (await manager.locator(".old-code").count()) - 1;
  await row.getByRole("link", { name: `立即停用 尾号 ${tail(old)}` }).tap();
  await expect(question(manager).getByRole("heading")).toHaveText(`立即停用尾号 ${tail(old)} 的旧码？`);
  await decent(manager);
  await question(manager).getByRole("button", { name: "立即停用" }).tap();
  await expect(row).toHaveCount(0);
  await expect(manager.locator(".old-code")).toHaveCount(others);

  await payButton(payer).tap();
  await expect(payer.getByRole("heading", { name: "收款码已过期" })).toBeVisible();
  await expect(payer.getByText("请收款人出示现在的收款码，再扫一次")).toBeVisible();
  await decent(payer);
  await payer.goto(`${old}?lang=en`);
  await expect(payer.getByText("Ask to see the present code and scan that one.")).toBeVisible();
  // The present one pays.
  const now = new URL(await payUrlOf(manager), manager.url()).href;
  const { payment } = await payByDoor(sim, now, { amount: "6", "field.student": somebody(), "field.class": "三年一班" });
  await manager.goto(`/m/receipts/${payment}`);
  await expect(manager.locator('.pairs dt:text-is("经由") + dd')).toHaveText(`现在的码 · 尾号 ${tail(now)}`);
});

test("a code that knows some answers is chosen, stays, and its answers are the payer's to see only", async ({ wechatPage: manager, newPhone }) => {
  const plain = await atThePlainCode(manager);
  await hydrated(manager);
  await manager.getByText("展开").tap();
  await decent(manager);
  await manager.getByRole("link", { name: "切换" }).tap();
  const choices = manager.locator(".choice");
  await expect(choices).toHaveCount(3);
  await expect(manager.locator('.choice[aria-pressed="true"]')).toContainText("默认收款码");
  await decent(manager);
  await manager.locator("#q").fill("恒达");
  await expect(choices.filter({ visible: true })).toHaveCount(1);
  await manager.locator("#q").fill("没有这个");
  await expect(manager.getByText("没有找到这样的收款码")).toBeVisible();
  await manager.locator("#q").fill("春游");
  await choices.filter({ visible: true }).tap();
  await expect(manager.locator(".plate .preset")).toHaveText("班级：三年二班 · 备注：春游费");
  const payUrl = await payUrlOf(manager);
  expect(payUrl).not.toBe(plain);
  await manager.reload();
  expect(await payUrlOf(manager), "the choice stays").toBe(payUrl);

  const payer = await newPhone();
  await payer.goto(payUrl);
  await expect(payer.locator("[name='field.student']")).toBeVisible();
  await expect(payer.locator("[name='field.class'], [name='field.remark']")).toHaveCount(0);
  await expect(payer.getByText("春游费", { exact: true })).toBeVisible();
  await decent(payer);
  await fillIn(payer, "35", { student: somebody(), class: "" });
  await payButton(payer).tap();
  await receiptShown(payer, "35.00");
  await expect(payer.getByText("春游费", { exact: true })).toBeVisible();
  await manager.goto("/m/codes");
  await hydrated(manager);
  await manager.getByRole("button", { name: "默认收款码" }).tap();
  await expect.poll(() => payUrlOf(manager)).toBe(plain);
});

test("the code is shared, saved and shown as large as the screen", async ({ wechatPage: manager }) => {
  await manager.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  const payUrl = await atTheCode(manager, MANAGERS.code);
  await hydrated(manager);
  await manager.getByText("展开").tap();
  await manager.evaluate(() => Object.defineProperty(navigator, "share", { value: undefined }));
  await manager.getByRole("button", { name: "分享" }).tap();
  await expect(manager.getByText("付款链接已复制")).toBeVisible();
  expect(await manager.evaluate(() => navigator.clipboard.readText())).toBe(payUrl);

  await manager.getByRole("link", { name: "保存图片" }).tap();
  const composed = question(manager).locator("img.composed");
  await expect(composed).toBeVisible();
  expect(await composed.evaluate((it: HTMLImageElement) => [it.naturalWidth, it.naturalHeight])).toEqual([1080, 1400]);
  await expect(question(manager).getByRole("link", { name: "下载图片" })).toHaveAttribute("download", /^青禾实验学校-蒋明-默认收款码\.png$/);
  await decent(manager);
  await question(manager).getByRole("button", { name: "关闭" }).tap();
  await expect(question(manager)).toHaveCount(0);

  await manager.getByRole("button", { name: "全屏" }).tap();
  await expect(question(manager).getByText("请把屏幕调亮")).toBeVisible();
  const width = await question(manager).locator("img").evaluate((it) => it.getBoundingClientRect().width);
  expect(width).toBeGreaterThan(300);
  await decent(manager);
  await manager.keyboard.press("Escape");
  await expect(question(manager)).toHaveCount(0);
});

test.describe("without script", () => {
  test.use({ javaScriptEnabled: false });

  test("the code is refreshed and an old one cut by forms", async ({ wechatPage: manager }) => {
    const old = await atTheCode(manager, MANAGERS.code);
    await manager.getByRole("link", { name: "刷新收款码" }).tap();
    await expect(manager).toHaveURL(/\/m\/refresh$/);
    await manager.getByRole("button", { name: "换新码" }).tap();
    await expect(manager).toHaveURL(/\/m$/);
    await expect(manager.getByText("已换成新码")).toBeVisible();
    expect(await payUrlOf(manager)).not.toBe(old);
    await manager.getByRole("link", { name: `立即停用 尾号 ${tail(old)}` }).tap();
    await manager.getByRole("button", { name: "立即停用" }).tap();
    await expect(manager).toHaveURL(/\/m$/);
    await expect(manager.locator(".old-code", { hasText: tail(old) })).toHaveCount(0);
  });
});
