// The first view on a poor network: one small request, nothing moves, no detour.
import { expect, test, type Page } from "../harness/story";
import { fillIn, somebody } from "../harness/payer";

const MOST_BYTES = 5_800;

/** Adds up how far things moved by themselves, from before the page begins. */
async function watchShifts(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(() => {
    (window as any).__shift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as any[]) if (!entry.hadRecentInput) (window as any).__shift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  return async () => {
    // Two frames after everything has loaded, what was going to move has moved.
    await page.waitForLoadState("networkidle");
    return page.evaluate(() => new Promise<number>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done((window as any).__shift)))));
  };
}

for (const path of ["/p/demo", "/p/demo-fixed", "/p/demo?lang=en"]) {
  test(`${path} is one request of at most ${MOST_BYTES} bytes, and nothing moves`, async ({ wechatPage: page }) => {
    const shifts = await watchShifts(page);
    const wire = await page.context().newCDPSession(page);
    await wire.send("Network.enable");
    const asked: string[] = [];
    let bytes = 0;
    wire.on("Network.requestWillBeSent", (event) => asked.push(`${event.redirectResponse ? "redirected to " : ""}${event.request.url}`));
    wire.on("Network.loadingFinished", (event) => (bytes += event.encodedDataLength));
    const answer = await page.goto(path);
    expect(await shifts()).toBe(0);
    expect(asked.filter((url) => !url.startsWith("data:"))).toEqual([answer!.url()]);
    expect(bytes).toBeGreaterThan(1_000);
    expect(bytes, "bytes on the wire, headers included").toBeLessThanOrEqual(MOST_BYTES);
    test.info().annotations.push({ type: "bytes", description: String(bytes) });
  });
}

test("nothing moves either when a draft is restored", async ({ wechatPage: page }) => {
  const shifts = await watchShifts(page);
  await page.goto("/p/demo");
  await fillIn(page, "1.5", { student: somebody() });
  await page.goto("/p/demo?again");
  await expect(page.getByLabel("付款金额")).toHaveValue("1.5");
  expect(await shifts()).toBe(0);
});
