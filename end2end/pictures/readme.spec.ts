// The README's pictures: real pages with real data, as the demo serves them.
import { statSync } from "node:fs";
import { expect, hydrated, test, type Page } from "../harness/story";
import { answer, fillIn, openByDoor, payButton, payByDoor, receiptShown } from "../harness/payer";
import { atTheCode, MANAGERS } from "../harness/manager";

const MOST_BYTES = 120_000;

/** A picture of what is on the screen, small enough for a README. */
async function picture(page: Page, name: string): Promise<void> {
  const path = `shots/${name}.png`;
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path, scale: "css", animations: "disabled", caret: "hide" });
  expect(statSync(path).size, `${path} in bytes`).toBeLessThan(MOST_BYTES);
}

const PEOPLE = [
  ["王小明", "三年二班", "校服两套", "128.50"],
  ["李思涵", "三年一班", "", "260.00"],
  ["陈子轩", "三年三班", "春游", "85.00"],
  ["赵雨桐", "三年二班", "", "42.80"],
  ["欧阳明月", "三年一班", "夏令营第一期", "1680.00"],
  ["孙悦", "三年三班", "", "19.90"],
  ["周子涵", "三年二班", "午餐补缴", "36.00"],
] as const;

const fields = ([student, klass, remark, amount]: readonly string[]) => ({
  amount,
  "field.student": student,
  "field.class": klass,
  "field.remark": remark,
});

test.describe("the payer", () => {
  test.use({ hand: "absent" });

  test("form, wallet, receipt", async ({ wechatPage: page }) => {
    await page.goto("/p/demo");
    await fillIn(page, "128.5", { student: "王小明", class: "三年二班", remark: "校服两套" });
    await page.getByRole("radio", { name: "三年二班" }).focus();
    await expect(page.locator(".k").first()).toBeVisible();
    await picture(page, "pay");
    await payButton(page).tap();
    await expect(page.locator('[data-sim="overlay"]')).toBeVisible();
    await picture(page, "wallet");
    await page.locator('[data-sim="pay"]').tap();
    await receiptShown(page, "128.50");
    await picture(page, "receipt");
  });

  test("waiting, in English", async ({ wechatPage: page, baseURL }) => {
    const opened = await openByDoor(`${baseURL}/p/demo`, fields(PEOPLE[1]));
    await page.goto(`${opened.page}?way=native&lang=en`);
    await expect(page.locator(".qr")).toBeVisible();
    await picture(page, "waiting-en");
  });

  test("in the dark, and for older eyes", async ({ wechatPage: page }) => {
    await page.emulateMedia({ colorScheme: "dark" });
    await page.goto("/p/demo");
    await fillIn(page, "88", { student: "李思涵", class: "三年一班" });
    await page.getByRole("radio", { name: "三年一班" }).focus();
    await expect(page.locator(".k").first()).toBeVisible();
    await picture(page, "pay-dark");
    await page.emulateMedia({ colorScheme: null });
    await page.goto("/p/demo-fixed?mode=care");
    await answer(page, { student: "王小明" });
    await picture(page, "pay-care");
    await page.goto("/p/demo-form?mode=standard");
    await picture(page, "pay-form");
  });
});

test("the manager", async ({ wechatPage: page, sim, browser, baseURL }) => {
  const payUrl = await atTheCode(page, MANAGERS.live);
  for (const person of [...PEOPLE.slice(1)].reverse()) await payByDoor(sim, payUrl, fields(person));
  await page.goto("/m");
  await hydrated(page);
  await expect(page.locator(".link-state")).toHaveText("在线");
  await payByDoor(sim, payUrl, fields(PEOPLE[0]));
  await expect(page.locator(".news")).toContainText("¥128.50");
  await picture(page, "manager");
  await page.goto("/m/receipts");
  await hydrated(page);
  await picture(page, "receipts");
  await page.locator("a.row").first().tap();
  await expect(page.getByText("校服两套")).toBeVisible();
  await picture(page, "receipt-manager");
  await page.goto("/m/settings");
  await hydrated(page);
  await picture(page, "settings");
  await page.getByRole("radio", { name: "深色" }).tap();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.goto("/m");
  await hydrated(page);
  await expect(page.locator(".link-state")).toHaveText("在线");
  await picture(page, "manager-dark");
  const desk = await browser.newContext({ storageState: await page.context().storageState(), baseURL, viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1, isMobile: false, hasTouch: false });
  const wide = await desk.newPage();
  await wide.goto("/m");
  await hydrated(wide);
  await picture(wide, "manager-wide");
  await desk.close();
  await page.goto("/m/settings");
  await page.getByRole("button", { name: "退出登录" }).tap();
  await page.getByText("已退出登录。").waitFor();
  await picture(page, "sign-in");
});
