// Every page and state, in both languages and in the care mode: readable in light and dark, on the smallest phone, by any thumb.
import { decent, expect, holdsLargeLetters, hydrated, test, type Page } from "../harness/story";
import { openByDoor, payButton, payByDoor, receiptShown, somebody } from "../harness/payer";
import { atTheCode, MANAGERS } from "../harness/manager";
import { like, READERS } from "../harness/readers";

for (const { lang, mode, least } of READERS) {
  test.describe(`${lang}, ${mode}`, () => {
    test.use({ hand: "absent", expectedErrors: /status of 4(04|10|22)/ });

    test("the payer's pages", async ({ wechatPage: page, sim, baseURL }) => {
      test.slow();
      await like(page, lang, mode);
      await page.goto("/p/demo");
      await expect(page.locator("html")).toHaveAttribute("lang", lang === "zh" ? "zh-CN" : "en");
      await decent(page, least);
      await page.goto("/p/demo-fixed");
      await decent(page, least);
      await page.goto("/p/demo-form");
      await decent(page, least);
      // Something to correct, said by the server.
      await page.getByLabel("学生姓名").fill(somebody());
      await page.getByLabel("家长手机").fill("1");
      await page.locator("#amount").fill("2");
      await page.locator("[name='field.agree']").check();
      await payButton(page).tap();
      await expect(page.locator("#errors")).toBeVisible();
      await decent(page, least);

      const open = () => openByDoor(`${baseURL}/p/demo-fixed`, { "field.student": somebody() });
      const native = await open();
      await page.goto(`${native.page}?way=native`);
      await expect(page.locator(".qr")).toBeVisible();
      await decent(page, least);
      const held = await open();
      await sim.pay(held.payment, { amount_fen: 1 });
      await page.goto(held.page);
      await expect(page.locator("[data-for=held]")).toBeVisible();
      await decent(page, least);
      const paid = await payByDoor(sim, `${baseURL}/p/demo-fixed`, { "field.student": somebody() });
      await page.goto(paid.receipt);
      await receiptShown(page, "12.50", lang === "zh" ? "付款成功" : "Paid");
      await decent(page, least);
      await page.goto("/p/demo-closed");
      await decent(page, least);
    });
  });
}

test.describe("the manager", () => {
  // One account is signed in at one place only.
  test.describe.configure({ mode: "default" });
  // What is answered to a number that is none.
  test.use({ expectedErrors: /status of 422/ });

  test("the manager's pages, for every reader", async ({ wechatPage: page, sim }) => {
    test.setTimeout(180_000);
    const payUrl = await atTheCode(page, MANAGERS.looks);
    const long = { "field.student": "欧阳娜娜·阿依古丽·买买提", "field.class": "三年一班", "field.remark": "一个很长很长的备注，写满二十个字" };
    const { payment } = await payByDoor(sim, payUrl, { amount: "4999.99", ...long });
    await forEveryReader(page, ["/m", "/m/refresh", "/m/codes", "/m/receipts", `/m/receipts/${payment}`, "/m/settings"]);
  });

  test("the manager's screens in WeChat's largest letters", async ({ wechatPage: page, sim }) => {
    test.setTimeout(120_000);
    const payUrl = await atTheCode(page, MANAGERS.looks);
    const { payment } = await payByDoor(sim, payUrl, { amount: "4999.99", "field.student": somebody(), "field.class": "三年一班" });
    for (const lang of ["zh", "en"]) {
      for (const path of ["/m", "/m/receipts", `/m/receipts/${payment}`, "/m/settings", "/m/receivables", "/m/errors?q=95"]) {
        await page.goto(`${path}${path.includes("?") ? "&" : "?"}lang=${lang}`);
        await hydrated(page);
        await holdsLargeLetters(page);
      }
    }
  });

  test("the manager's rarer pages, for every reader", async ({ wechatPage: page, sim }) => {
    test.setTimeout(300_000);
    const payUrl = await atTheCode(page, MANAGERS.looks);
    const fields = { "field.student": somebody(), "field.class": "三年一班" };
    const held = await openByDoor(payUrl, { amount: "50", ...fields });
    await sim.pay(held.payment, { amount_fen: 4900 });
    const { payment } = await payByDoor(sim, payUrl, { amount: "20", ...fields });
    const refund = `/m/receipts/${payment}/refund`;
    await page.goto(refund);
    const asked = new URLSearchParams({ what: "part", amount: "5.5", words: "" });
    for (const name of ["number", "reason"]) asked.set(name, (await page.locator(`input[name=${name}]`).first().getAttribute("value"))!);
    await page.goto(`${refund}?${asked}`);
    await expect(page.getByRole("heading", { name: "请核对" })).toBeVisible();
    // One debt is of the same name as the payment, which is therefore proposed; the other was noted from its receipt.
    await owe(page, "/m/receivables/new", fields["field.student"]);
    const debt = await owe(page, `/m/receivables/new?receipt=${payment}`, "赵小雨");
    await expect(async () => {
      await page.goto("/m/concerns");
      await expect(page.locator(".concern")).not.toHaveCount(0, { timeout: 1_000 });
    }).toPass();
    await forEveryReader(page, [
      refund,
      `${refund}?${asked}`,
      `/m/receipts/${payment}/give`,
      "/m/concerns",
      "/m/payments",
      "/m/payments?q=nothing",
      `/m/payments/${held.payment}`,
      "/m/receipts/export",
      "/m/receivables",
      "/m/receivables/ageing",
      "/m/receivables/new",
      debt,
      "/m/receivables/matches",
      "/m/plate",
      "/m/diagnose",
      "/m/settings/messages",
      "/m/settings/sign-ins",
      "/m/help",
      "/m/errors",
      "/m/errors?q=95",
      "/m/errors?q=nothing",
    ]);
  });
});

/** Notes who owes a hundred; answers where that stands. */
async function owe(page: Page, form: string, name: string): Promise<string> {
  await page.goto(form);
  await hydrated(page);
  await page.locator("#name").fill(name);
  await page.locator("#title").fill("2026 秋季餐费");
  await page.locator("#amount").fill("100");
  await page.getByRole("button", { name: "保存" }).tap();
  await expect(page.locator(".amounts .money")).toHaveText("¥100.00");
  return new URL(page.url()).pathname;
}

/** Every page with all that unfolds on it. */
async function forEveryReader(page: Page, paths: string[]): Promise<void> {
  for (const { lang, mode, least } of READERS) {
    await like(page, lang, mode);
    for (const path of paths) {
      await page.goto(path);
      await hydrated(page);
      await expect(page.locator("html")).toHaveAttribute("lang", lang === "zh" ? "zh-CN" : "en");
      await expect(page.locator("html")).toHaveAttribute("data-mode", mode === "care" ? "care" : "normal");
      await page.evaluate(() => document.querySelectorAll("details").forEach((it) => (it.open = true)));
      await decent(page, least);
    }
  }
}

test("the whole code is in sight on a small phone, whoever holds it", async ({ wechatPage: page }) => {
  await atTheCode(page, MANAGERS.crowd);
  for (const { lang, mode } of READERS) {
    for (const [width, height] of [[375, 603], [375, 667], [320, 568], [375, 812]]) {
      await like(page, lang, mode);
      await page.setViewportSize({ width, height });
      await page.goto("/m");
      const [code, tabs] = await Promise.all([page.locator("img.qr").boundingBox(), page.locator(".tabs").boundingBox()]);
      expect(code!.y + code!.height, `${lang}, ${mode}, ${width} x ${height}`).toBeLessThanOrEqual(tabs!.y);
      expect(code!.width).toBeGreaterThanOrEqual(160);
    }
  }
});
