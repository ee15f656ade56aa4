// What a manager does. One account is signed in at one place only, so each story has a manager of its own.
import { expect, type Page } from "@playwright/test";

export const PASSWORD = "shouma-demo";

/** Who serves which story; plates such as /p/demo belong to the first. */
export const MANAGERS = {
  plain: "13800138000",
  live: "13800138001",
  list: "13800138002",
  voice: "13800138003",
  network: "13800138004",
  settings: "13800138005",
  looks: "13800138006",
  elsewhere: "13800138007",
  stranger: "13800138008",
  // Stands alone after the others are done, so until then the story of the code may have this one.
  crowd: "13800138009",
  code: "13800138009",
} as const;

/** Signs in. Inside WeChat each manager is one person there, whichever phone they hold, because another one would need a code. */
export async function signIn(page: Page, phone: string, password = PASSWORD): Promise<void> {
  await page.context().addCookies([{ name: "sim_openid", value: `oManager${phone}`, url: process.env.SHOUMA_E2E_SIM_URL! }]);
  if (!page.url().includes("/m/sign-in")) await page.goto("/m/sign-in");
  await page.locator("#phone").fill(phone);
  await page.locator("#password").fill(password);
  await page.locator("form button[type=submit]").tap();
}

/** Signs in and answers where the manager's own code leads. */
export async function atTheCode(page: Page, phone: string): Promise<string> {
  await signIn(page, phone);
  await expect(page.locator(".qr-act img.qr")).toBeVisible();
  const href = await page.locator(".plate .quiet-link").getAttribute("href");
  return new URL(href!, page.url()).href;
}
