// One account, two organisations: the password first, then which one, and nothing of the other one is seen until it is chosen.
import { accessible, decent, easyToTap, expect, fitsSmallScreens, hydrated, test, type Page } from "../../harness/story";
import { PASSWORD, signIn } from "../../harness/manager";
import { payByDoor, somebody } from "../../harness/payer";

const BOTH = "13800138010";
const SCHOOL = "青禾实验学校";
const STUDIO = "河畔画室";
const WORDS = {
  zh: { choose: "选择单位", last: "（上次进入）", out: "退出登录", gone: "已退出登录。" },
  en: { choose: "Choose an organisation", last: "(last time)", out: "Sign out", gone: "You are signed out." },
} as const;

/** The choice in every appearance; a question is asked once only, so its page is looked at again where it is. */
async function everyLook(page: Page): Promise<void> {
  const here = page.url().split("?")[0];
  for (const look of ["theme=dark", "theme=light&mode=care"]) {
    await page.goto(`${here}?${look}`);
    await accessible(page);
    await fitsSmallScreens(page);
    await easyToTap(page);
  }
  await page.goto(`${here}?theme=auto&mode=standard`);
}

/** Chooses from what is offered, in this order; at first that depends on whether an earlier try signed in. */
async function choose(page: Page, lang: keyof typeof WORDS, organisation: string, order?: [string, string]): Promise<void> {
  const words = WORDS[lang];
  await expect(page.getByRole("heading", { name: words.choose })).toBeVisible();
  await expect(page.locator(".seats button")).toContainText(order ?? [/^/, /^/]);
  await page.getByRole("button", { name: organisation }).tap();
  await expect(page.locator(".qr-act img.qr")).toBeVisible();
  await hydrated(page);
}

async function signOut(page: Page, lang: keyof typeof WORDS): Promise<void> {
  await page.goto("/m/settings");
  await page.getByRole("button", { name: WORDS[lang].out }).click();
  await expect(page.getByText(WORDS[lang].gone)).toBeVisible();
}

const payUrlOf = async (page: Page) => new URL((await page.locator(".plate .quiet-link").getAttribute("href"))!, page.url()).href;

/** What the two lists show: these receipts and codes, and not those. */
async function sees(page: Page, receipts: { own: string[]; foreign: string[] }, codes: { own: string; foreign: string }): Promise<void> {
  await page.goto("/m/receipts");
  for (const payment of receipts.own) await expect(page.locator(`a.row[href$="${payment}"]`)).toBeVisible();
  for (const payment of receipts.foreign) await expect(page.locator(`a.row[href$="${payment}"]`)).toHaveCount(0);
  await page.goto("/m/codes");
  await expect(page.locator("main")).toContainText(codes.own);
  await expect(page.locator("main")).not.toContainText(codes.foreign);
}

test.use({ expectedErrors: /status of 404/ });

test("somebody signs in, chooses, changes later, and sees what belongs to that organisation", async ({ wechatPage: page, sim }) => {
  test.slow();
  const school = { own: "三年二班春游费", foreign: "画室收款码" };
  const studio = { own: "画室收款码", foreign: "三年二班春游费" };

  await signIn(page, BOTH);
  await expect(page.getByRole("heading", { name: WORDS.zh.choose })).toBeVisible();
  await decent(page);
  await everyLook(page);
  await choose(page, "zh", STUDIO);
  const atStudio = await payByDoor(sim, await payUrlOf(page), { amount: "66.00", "field.learner": somebody(), "field.course": "水彩" });
  await expect(page.locator(".slot .news")).toContainText("¥66.00");
  await sees(page, { own: [atStudio.payment], foreign: [] }, studio);

  // To change, one signs out and in; that of the last time stands first.
  await signOut(page, "zh");
  await signIn(page, BOTH);
  await choose(page, "zh", SCHOOL, [`${STUDIO}${WORDS.zh.last}`, SCHOOL]);
  const atSchool = await payByDoor(sim, await payUrlOf(page), { amount: "7.00", "field.student": somebody(), "field.class": "三年一班" });
  await expect(page.locator(".slot .news")).toContainText("¥7.00");
  await sees(page, { own: [atSchool.payment], foreign: [atStudio.payment] }, school);
  // Nor by its address.
  await page.goto(`/m/receipts/${atStudio.payment}`);
  await expect(page.locator("body")).not.toContainText("66.00");

  await signOut(page, "zh");
  await page.goto("/m/sign-in?lang=en");
  await signIn(page, BOTH);
  await expect(page.getByRole("heading", { name: WORDS.en.choose })).toBeVisible();
  await decent(page);
  await everyLook(page);
  await choose(page, "en", STUDIO, [`${SCHOOL} ${WORDS.en.last}`, STUDIO]);
  await sees(page, { own: [atStudio.payment], foreign: [atSchool.payment] }, studio);
  await page.goto(`/m/receipts/${atSchool.payment}`);
  await expect(page.locator("body")).not.toContainText("7.00");
});

test("the studio's administrator sees the studio alone", async ({ desktopPage: office }) => {
  await office.goto("/admin/sign-in");
  await office.locator("#phone").fill("13700137001");
  await office.locator("#password").fill(PASSWORD);
  await office.getByRole("button", { name: "登录" }).click();
  await expect(office.locator(".brand")).toContainText(STUDIO);
  await office.goto("/admin/managers");
  await expect(office.locator("tbody tr")).toHaveCount(1);
  await office.goto("/admin/codes");
  await expect(office.locator("main")).toContainText("画室收款码");
  await expect(office.locator("main")).not.toContainText("三年二班春游费");
});
