// A store from nothing to its first payment: an administrator makes it, its cashier and its plate; the payer scans the plate and the
// cashier sees the money under the store's name. It stands here because it changes the demo's one organisation.
import { accessible, decent, expect, fitsSmallScreens, hydrated, test } from "../../harness/story";
import { PASSWORD, signIn } from "../../harness/manager";
import { payButton, receiptShown, somebody } from "../../harness/payer";
import type { Page } from "@playwright/test";

const ADMINISTRATOR = "13700137000";
const CASHIER = "13800138007";

test.use({ expectedErrors: /status of 422/ });

/** The page in every appearance: light and dark, bigger text, both languages, and on the smallest phone. */
async function everyLook(page: Page): Promise<void> {
  const here = page.url().split("?")[0];
  for (const look of ["theme=dark", "mode=care", "lang=en"]) {
    await page.goto(`${here}?${look}`);
    await accessible(page);
    await fitsSmallScreens(page);
  }
  await page.goto(`${here}?theme=light&mode=standard&lang=zh`);
}

test("a store gets a plate and a cashier, who sees what it collects", async ({ desktopPage: office, wechatPage: cashier, newPhone }) => {
  // Many looks at many pages.
  test.setTimeout(300_000);
  await office.goto("/admin");
  await office.locator("#phone").fill(ADMINISTRATOR);
  await office.locator("#password").fill(PASSWORD);
  await office.getByRole("button", { name: "登录" }).click();
  await expect(office.getByRole("heading", { name: "概览" })).toBeVisible();
  await everyLook(office);

  // A name that is none is refused where it was typed.
  await office.getByRole("navigation").getByRole("link", { name: "门店" }).click();
  await office.locator("summary", { hasText: "新建门店" }).click();
  await office.getByRole("button", { name: "新建" }).click();
  await expect(office.locator("#name-wrong")).toBeVisible();
  const name = `东门店${Date.now() % 100_000}`;
  await office.locator("#name").fill(name);
  await office.getByRole("button", { name: "新建" }).click();
  await expect(office.getByRole("heading", { name })).toBeVisible();
  await expect(office.locator(".note-warn")).toContainText("没有人看到、听到");
  await accessible(office);
  await fitsSmallScreens(office);

  await office.getByRole("searchbox").fill(CASHIER);
  await office.getByRole("button", { name: "查找" }).click();
  await office.getByRole("button", { name: /^添加/ }).click();
  await expect(office.getByRole("status")).toContainText("已添加收银员");
  await expect(office.locator(".note-warn")).toHaveCount(0);
  await everyLook(office);

  // A plate with a preset class.
  await office.getByRole("link", { name: "新建码牌" }).click();
  await office.locator("#name").fill("东门前台");
  await office.getByLabel("班级", { exact: true }).selectOption("三年二班");
  await office.getByRole("radio", { name: "固定金额" }).check();
  await office.getByRole("button", { name: "新建" }).click();
  await expect(office.locator("#fixed-wrong")).toBeVisible();
  await expect(office.locator("#name")).toHaveValue("东门前台");
  await accessible(office);
  await fitsSmallScreens(office);
  await office.locator("#fixed").fill("6.6");
  await office.getByRole("button", { name: "新建" }).click();
  await expect(office.getByRole("heading", { name: "东门前台" })).toBeVisible();
  const payUrl = (await office.getByRole("link", { name: /\/p\// }).getAttribute("href"))!;
  await everyLook(office);
  // The address beside it is a link too, and a token may hold "a6".
  await office.getByRole("link", { name: "A6", exact: true }).click();
  await expect(office.getByRole("img", { name: /东门前台/ })).toBeVisible();
  await office.goBack();

  await cashier.goto("/m/sign-in");
  await signIn(cashier, CASHIER);
  await expect(cashier.locator(".qr-act img.qr")).toBeVisible();
  await hydrated(cashier);
  const payer = await newPhone();
  await payer.goto(payUrl);
  await expect(payer.getByText(name)).toBeVisible();
  await expect(payer.getByText("三年二班")).toBeVisible();
  await payer.locator("[name='field.student']").fill(somebody());
  await payButton(payer).tap();
  await receiptShown(payer, "6.60");
  await expect(cashier.locator(".slot .news")).toContainText("¥6.60");

  // The list narrows to the store and has an address.
  await cashier.goto("/m/receipts");
  await hydrated(cashier);
  await cashier.locator("summary", { hasText: /.+/ }).first().tap();
  await cashier.locator("select[name=store]").selectOption({ label: name });
  await expect(cashier).toHaveURL(/store=/);
  await expect(cashier.locator(".chip.is-on")).toContainText(name);
  await decent(cashier);
  await cashier.locator("a[href^='/m/receipts/']", { hasText: "6.60" }).tap();
  await expect(cashier.getByText("门店", { exact: true })).toBeVisible();
  await expect(cashier.getByText(name).first()).toBeVisible();
  await decent(cashier);

  // What managers may write off; a limit that is none is refused where it was typed.
  await office.goto("/admin/settings");
  const rights = office.locator("section", { hasText: "收款人自己核销应收款" });
  await rights.locator("#write_off_limit").fill("much");
  await rights.getByRole("button", { name: "保存" }).click();
  await expect(office.locator("#write_off_limit-wrong")).toBeVisible();
  await expect(office.locator("#write_off_limit")).toHaveValue("much");
  await accessible(office);
  await fitsSmallScreens(office);
  await rights.locator("#write_off_limit").fill("1000");
  await rights.getByRole("button", { name: "保存" }).click();
  await expect(office.getByRole("status").first()).toContainText("没有改动");

  // Settings, list of codes, for whom.
  for (const path of ["/admin/settings", "/admin/codes", "/admin/codes/new", "/admin/stores"]) {
    await office.goto(path);
    await everyLook(office);
  }
});
