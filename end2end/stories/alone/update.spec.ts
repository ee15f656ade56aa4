// A manager who wants to be sure pulls the screen down, or taps the sign; the voice and what was typed survive it.
import { decent, expect, hydrated, test, type Page } from "../../harness/story";
import { payByDoor, somebody } from "../../harness/payer";
import { atTheCode, MANAGERS } from "../../harness/manager";

/** A finger comes down, moves by `down` pixels and leaves. */
async function pull(page: Page, down: number) {
  const session = await page.context().newCDPSession(page);
  const touch = (type: string, points: { x: number; y: number }[]) => session.send("Input.dispatchTouchEvent", { type: type as any, touchPoints: points });
  await touch("touchStart", [{ x: 180, y: 200 }]);
  for (let step = 1; step <= 8; step++) await touch("touchMove", [{ x: 180, y: 200 + (down * step) / 8 }]);
  return { letGo: () => touch("touchEnd", []).then(() => session.detach()) };
}

test("a screen that is pulled down is read anew, without a new page", async ({ wechatPage: manager, sim }) => {
  const payUrl = await atTheCode(manager, MANAGERS.live);
  await manager.goto("/m/receipts");
  await hydrated(manager);
  await manager.evaluate(() => void ((window as any).__same = true));
  const reads: string[] = [];
  manager.on("request", (request) => request.method() === "GET" && reads.push(new URL(request.url()).pathname));

  const short = await pull(manager, 60);
  await expect(manager.locator(".pull")).toHaveText("下拉更新");
  await short.letGo();
  await expect(manager.locator(".pull")).toHaveText("");
  expect(reads.filter((path) => path === "/m/receipts")).toEqual([]);

  const student = somebody();
  await payByDoor(sim, payUrl, { amount: "7.7", "field.student": student, "field.class": "三年一班" });
  await expect(manager.locator(".fresh .pill")).toBeVisible();
  const long = await pull(manager, 180);
  await expect(manager.locator(".pull")).toHaveText("松开更新");
  await long.letGo();
  await expect(manager.locator("a.row", { hasText: student })).toHaveCount(1);
  await expect(manager.locator(".fresh .pill")).toHaveCount(0);
  expect(reads.filter((path) => path === "/m/receipts")).toEqual(["/m/receipts"]);
  expect(await manager.evaluate(() => (window as any).__same)).toBe(true);
  await decent(manager);
});

test.describe("without an answer", () => {
test.use({ expectedErrors: /ERR_FAILED/ });

  test("an update that fails says so, and leaves what was shown", async ({ wechatPage: manager }) => {
  await atTheCode(manager, MANAGERS.live);
  await hydrated(manager);
  await manager.route("**/m", (route) => route.abort());
  await manager.getByRole("link", { name: "更新" }).tap();
  await expect(manager.locator(".pull")).toHaveText("没能更新，显示的是之前的内容。");
  await expect(manager.locator(".qr-act img.qr")).toBeVisible();
  await manager.unroute("**/m");
  await manager.getByRole("link", { name: "更新" }).tap();
  await expect(manager.locator(".pull")).toHaveText("");
});
});

test("a plain screen is read anew, but not a form in which something was typed", async ({ wechatPage: manager, sim }) => {
  const payUrl = await atTheCode(manager, MANAGERS.live);
  const paid = await payByDoor(sim, payUrl, { amount: "8.8", "field.student": somebody(), "field.class": "三年一班" });
  await manager.goto(`/m/receipts/${paid.payment}`);
  await hydrated(manager);
  // A mark that only reading the screen anew takes away.
  await manager.locator("#main").evaluate((main) => main.setAttribute("data-old", ""));
  await (await pull(manager, 180)).letGo();
  await expect(manager.locator("main[data-old]")).toHaveCount(0);

  await manager.locator(`a[href="/m/receipts/${paid.payment}/refund"]`).tap();
  await manager.getByText("退一部分").tap();
  await manager.locator("#amount").fill("1.25");
  const spared = await pull(manager, 180);
  await expect(manager.locator(".pull")).toHaveText("");
  await spared.letGo();
  await expect(manager.locator("#amount")).toHaveValue("1.25");
});

test("the help answers what managers ask, and is searched by any word", async ({ wechatPage: manager }) => {
  await atTheCode(manager, MANAGERS.live);
  await hydrated(manager);
  await manager.getByRole("link", { name: "设置" }).tap();
  await manager.getByRole("link", { name: "帮助" }).tap();
  await expect(manager.getByRole("heading", { name: "帮助" })).toBeVisible();
  // A screen begins at its beginning, and not below the bar that stays.
  expect(await manager.evaluate(() => scrollY)).toBe(0);
  await decent(manager);
  await manager.getByRole("searchbox").fill("退款");
  await expect(manager.getByText("没有声音。")).toBeHidden();
  await manager.getByText("怎样退款？").tap();
  await expect(manager.getByText("可以全退或退一部分")).toBeVisible();
  await decent(manager);
  await manager.getByRole("searchbox").fill("没有这样的话");
  await expect(manager.getByText("没有找到这样的问题。")).toBeVisible();
});
