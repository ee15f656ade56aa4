// The phone lies locked on the counter: nothing runs on it, money comes all the same, and on return the screen says what came.
import { expect, hydrated, test, type Page } from "../../harness/story";
import { payByDoor, somebody } from "../../harness/payer";
import { atTheCode, MANAGERS } from "../../harness/manager";

const figure = (page: Page, name: string) => page.locator(`.figures dt:text-is("${name}") + dd`);

/** What the page learns when the screen is locked or unlocked. The browser of the tests has no window that could be hidden. */
const tellPage = (page: Page, hidden: boolean) =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => (hidden ? "hidden" : "visible") });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);

test("a locked phone says on return what came meanwhile, and misses nothing afterwards", async ({ wechatPage: manager, sim }) => {
  const payUrl = await atTheCode(manager, MANAGERS.voice);
  const pay = (amount: string) => payByDoor(sim, payUrl, { amount, "field.student": somebody(), "field.class": "三年一班" });
  await hydrated(manager);
  await expect(manager.locator(".link-state")).toHaveText("在线");
  await manager.evaluate(() => void ((window as any).__same = true));
  const before = Number(await figure(manager, "今日笔数").textContent());

  const session = await manager.context().newCDPSession(manager);
  await tellPage(manager, true);
  await session.send("Page.setWebLifecycleState", { state: "frozen" });
  for (const amount of ["3.5", "6", "0.5"]) await pay(amount);
  await session.send("Page.setWebLifecycleState", { state: "active" });
  await expect(figure(manager, "今日笔数")).toHaveText(String(before));
  await tellPage(manager, false);

  await expect(manager.locator(".news")).toContainText("您离开期间到账 3 笔，共 ¥10.00");
  await expect(figure(manager, "今日笔数")).toHaveText(String(before + 3));
  await pay("2.25");
  await expect(manager.locator(".news")).toContainText("¥2.25");
  await expect(figure(manager, "今日笔数")).toHaveText(String(before + 4));
  await manager.locator(".tabs a[href='/m/receipts']").tap();
  for (const amount of ["3.50", "6.00", "0.50", "2.25"]) await expect(manager.locator("a.row", { hasText: `¥${amount}` }).first()).toBeVisible();
  expect(await manager.evaluate(() => (window as any).__same)).toBe(true);
});
