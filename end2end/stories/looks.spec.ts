// Every page and state, in both languages and in the care mode: readable in light and dark, on the smallest phone, by any thumb.
import { decent, expect, hydrated, test, type Page } from "../harness/story";
import { openByDoor, payButton, payByDoor, receiptShown, somebody } from "../harness/payer";
import { atTheCode, MANAGERS } from "../harness/manager";

const READERS = [
  { lang: "zh", mode: "standard", least: 44 },
  { lang: "en", mode: "standard", least: 44 },
  { lang: "zh", mode: "care", least: 60 },
  { lang: "en", mode: "care", least: 60 },
] as const;

async function like(page: Page, lang: string, mode: string): Promise<void> {
  const url = process.env.SHOUMA_E2E_URL!;
  await page.context().addCookies([{ name: "lang", value: lang, url }, { name: "mode", value: mode, url }]);
}

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

test("the manager's pages, for every reader", async ({ wechatPage: page, sim }) => {
  test.setTimeout(180_000);
  const payUrl = await atTheCode(page, MANAGERS.looks);
  const long = { "field.student": "欧阳娜娜·阿依古丽·买买提", "field.class": "三年一班", "field.remark": "一个很长很长的备注，写满二十个字" };
  const { payment } = await payByDoor(sim, payUrl, { amount: "4999.99", ...long });
  for (const { lang, mode, least } of READERS) {
    await like(page, lang, mode);
    for (const path of ["/m", "/m/refresh", "/m/codes", "/m/receipts", `/m/receipts/${payment}`, "/m/settings"]) {
      await page.goto(path);
      await hydrated(page);
      await expect(page.locator("html")).toHaveAttribute("lang", lang === "zh" ? "zh-CN" : "en");
      await decent(page, least);
    }
  }
});

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
