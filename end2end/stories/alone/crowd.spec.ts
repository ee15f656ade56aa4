// Eight browsers at once, on the pages of payers and managers: concurrent rendering must neither panic nor mix people up.
import { readFileSync } from "node:fs";
import { DESKTOP, PHONE } from "../../harness/devices";
import { expect, test } from "../../harness/story";
import { answer, payButton, payByDoor, somebody } from "../../harness/payer";
import { atTheCode, MANAGERS } from "../../harness/manager";

const FOR_MS = 20_000;

test("eight browsers for twenty seconds see only whole pages", async ({ browser, baseURL, sim }) => {
  test.setTimeout(120_000);
  const first = await browser.newContext({ ...PHONE, baseURL });
  const payUrl = await atTheCode(await first.newPage(), MANAGERS.crowd);
  const { payment } = await payByDoor(sim, payUrl, { amount: "1", "field.student": "众人", "field.class": "三年一班" });
  const session = await first.storageState();
  await first.close();
  const until = Date.now() + FOR_MS;
  const failed: string[] = [];
  let pages = 0;

  const visit = async (kind: "payer" | "manager") => {
    const context = await browser.newContext(kind === "payer" ? { ...DESKTOP, baseURL } : { ...PHONE, baseURL, storageState: session });
    const page = await context.newPage();
    page.on("pageerror", (error) => failed.push(`${page.url()}: ${error.message}`));
    const go = async (path: string, has: string) => {
      const answer = await page.goto(path, { waitUntil: "domcontentloaded" });
      pages += 1;
      if (answer?.status() !== 200 || !(await page.content()).includes(has)) failed.push(`${path}: ${answer?.status()}`);
    };
    while (Date.now() < until) {
      if (kind === "payer") {
        const student = somebody();
        await go("/p/demo?lang=en", "Collected by 王敏");
        await go("/p/demo-fixed?lang=zh", "收款人 王敏");
        await answer(page, { student });
        await payButton(page).click();
        await page.waitForURL(/\/p\/demo-fixed\/[0-9a-f]{32}/);
        await sim.pay(/[0-9a-f]{32}/.exec(page.url())![0]);
        await page.waitForURL(/\/r\//);
        pages += 1;
        if (!(await page.content()).includes(student)) failed.push(`${page.url()}: another payer's receipt`);
      } else {
        await go("/m", "蒋明");
        await go("/m/receipts", "众人");
        await go(`/m/receipts/${payment}`, "众人");
        await go("/m/settings", "青禾实验学校");
      }
    }
    await context.close();
  };
  await Promise.all([...Array(4)].flatMap(() => [visit("payer"), visit("manager")]));
  expect(failed).toEqual([]);
  // Every browser got somewhere, also on a machine that is busy with other things.
  expect(pages).toBeGreaterThan(3 * 8);
  const log = process.env.SHOUMA_E2E_LOG;
  if (log) expect(readFileSync(log, "utf8")).not.toContain("panicked at");
});
