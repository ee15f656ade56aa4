// The administrator's pages as everybody may have them: phone and desk, both languages, light and dark, and in large type.
import { accessible, easyToTap, expect, fitsSmallScreens, test, type Page } from "../../harness/story";
import { MANAGERS, PASSWORD } from "../../harness/manager";

const ADMINISTRATOR = "13700137000";
// What the server answers to a picture that is none, and to an address that is none.
test.use({ expectedErrors: /status of 4(04|22)/ });

async function signIn(office: Page): Promise<void> {
  await office.goto("/admin/sign-in?lang=zh");
  await office.locator("#phone").fill(ADMINISTRATOR);
  await office.locator("#password").fill(PASSWORD);
  await office.getByRole("button", { name: "登录" }).click();
  await expect(office.getByRole("heading", { name: "概览" })).toBeVisible();
}

/** The first link on `list` that leads below it. */
async function below(office: Page, list: string): Promise<string> {
  await office.goto(list);
  const link = office.locator(`main a[href^="${list}/"]:not([href$="/new"])`).first();
  return (await link.getAttribute("href"))!;
}

/** Nothing is cut off: what a box holds is no wider than the box, unless it scrolls by itself on purpose. */
async function nothingCutOff(office: Page): Promise<void> {
  const cut = await office.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("body *")]
      .filter((it) => it.checkVisibility() && !it.closest(".unseen, .skip, svg, option"))
      .filter((it) => getComputedStyle(it).display !== "inline" && it.scrollWidth > it.clientWidth + 1 && it.clientWidth > 0)
      .filter((it) => !(it instanceof HTMLInputElement))
      .map((it) => `<${it.localName} class="${it.className}">: ${it.scrollWidth} in ${it.clientWidth}`),
  );
  expect(cut, `cut off on ${office.url()} at ${office.viewportSize()?.width} px`).toEqual([]);
}

for (const lang of ["zh", "en"]) {
  test(`every page of the office fits and is tapped easily in large type, ${lang}`, async ({ desktopPage: office }) => {
    test.setTimeout(360_000);
    await signIn(office);
    await office.goto("/admin/stores");
    const store = (await office.locator("main a[href^='/admin/stores/']").count()) ? await below(office, "/admin/stores") : null;
    // A payment to look at, and the form that returns it.
    await office.goto("/admin/payments");
    const payment = (await office.locator("main a[href^='/admin/payments/']").count()) ? await below(office, "/admin/payments") : null;
    // Whom others owe, where the manager's own pages were looked at before.
    await office.goto(`/admin/managers?q=${MANAGERS.looks}`);
    const manager = (await office.locator("main a[href^='/admin/managers/']:not([href$='/new'])").first().getAttribute("href"))!;
    const debts = `${manager}/receivables`;
    await office.goto(`${debts}?show=all`);
    const debt = await office.locator("main a[href^='/admin/receivables/']").first().getAttribute("href", { timeout: 2_000 }).catch(() => null);
    const paths = [
      "/admin", "/admin/payments", "/admin/payments?q=4200000000000000000000000000", payment, payment && `${payment}/refund`,
      payment && `${payment}/refund?number=1&what=part&amount=x&reason=twice`, payment && `${payment}/refund?number=1&what=part&amount=0.01&reason=twice`,
      "/admin/managers", "/admin/managers?show=attention", "/admin/managers?q=138", "/admin/managers/new",
      manager, "/admin/stores", store, "/admin/codes", "/admin/codes/new", await below(office, "/admin/codes"), "/admin/settings", debts, `${debts}?show=all`, debt, "/admin/errors?q=95",
      "/admin/errors?q=nothing", "/admin/nothing",
    ].filter((path) => path !== null);
    for (const path of paths) {
      for (const look of ["mode=care&theme=light", "mode=care&theme=dark", "mode=standard&theme=light"]) {
        await office.goto(`${path}${path.includes("?") ? "&" : "?"}lang=${lang}&${look}`);
        for (const width of [320, 375, 1280]) {
          await office.setViewportSize({ width, height: 812 });
          await nothingCutOff(office);
        }
        await fitsSmallScreens(office);
        await easyToTap(office);
      }
      await accessible(office);
    }
    await office.goto("/admin?mode=standard&theme=auto&lang=zh");
  });
}

async function removeLogo(office: Page): Promise<void> {
  await office.locator("summary", { hasText: "移除标志" }).click();
  await office.getByRole("button", { name: "确认移除" }).click();
  await expect(office.getByRole("status").first()).toContainText("标志已移除");
}

test("a logo is chosen, refused when it is none, seen by payers, and removed", async ({ desktopPage: office, newPhone }) => {
  await signIn(office);
  // What an earlier try left behind.
  await office.goto("/admin/settings");
  if (await office.locator("summary", { hasText: "移除标志" }).count()) await removeLogo(office);
  await office.goto("/admin");
  await office.getByRole("link", { name: "上传标志" }).click();
  const file = office.locator("#logo");
  await file.setInputFiles({ name: "letter.png", mimeType: "image/png", buffer: Buffer.from("各位家长：") });
  await office.getByRole("button", { name: "上传" }).click();
  await expect(office.locator("#logo-wrong")).toContainText("只支持 PNG 和 JPEG");
  await accessible(office);
  await fitsSmallScreens(office);
  const picture = await office.locator("form:has(#logo)").screenshot();
  await file.setInputFiles({ name: "logo.png", mimeType: "image/png", buffer: picture });
  await office.getByRole("button", { name: "上传" }).click();
  await expect(office.getByRole("status")).toContainText("标志已更新");
  const seen = office.locator("img.logo");
  await expect.poll(() => seen.evaluate((it: HTMLImageElement) => it.naturalWidth)).toBe(176);
  for (const look of ["theme=dark", "mode=care&theme=light", "lang=en"]) {
    await office.goto(`/admin/settings?${look}`);
    await accessible(office);
    await fitsSmallScreens(office);
    await easyToTap(office);
  }
  const payer = await newPhone();
  await payer.goto("/p/demo");
  await expect.poll(() => payer.locator("img.logo").evaluate((it: HTMLImageElement) => it.naturalWidth)).toBe(176);
  await accessible(payer);
  await office.goto("/admin/settings?lang=zh&theme=auto&mode=standard");
  await removeLogo(office);
  await payer.reload();
  await expect(payer.locator("img.logo")).toHaveCount(0);
});
