// Codes by SMS: a second phone's WeChat, a lost password, a stranger's sign-in, and the history. It stands here because a number gets
// one code a minute, so each story has a manager of its own.
import { decent, expect, hydrated, test, type Page } from "../../harness/story";
import { PASSWORD } from "../../harness/manager";
import type { Sim } from "../../harness/sim";

test.use({ expectedErrors: /status of (401|410|422|429)|ERR_FAILED/ });

// A number gets one code a minute: what an earlier try asked for is over by then.
test.beforeEach(async ({}, info) => {
  if (!info.retry) return;
  info.setTimeout(info.timeout + 61_000);
  await new Promise((done) => setTimeout(done, 61_000));
});

/** Fills the sign-in form as whoever this phone is in WeChat. */
async function enter(page: Page, phone: string, password = PASSWORD): Promise<void> {
  await page.goto("/m/sign-in");
  await page.locator("#phone").fill(phone);
  await page.locator("#password").fill(password);
  await page.locator("form button[type=submit]").tap();
}

/** Makes this phone the person who is bound to the manager's account, whoever was before. */
async function own(page: Page, phone: string): Promise<void> {
  await page.context().addCookies([{ name: "sim_openid", value: `oManager${phone}`, url: process.env.SHOUMA_E2E_SIM_URL! }]);
}

async function code(sim: Sim, phone: string): Promise<string> {
  let found = "";
  await expect(async () => {
    const text = (await sim.outbox()).find((sent) => sent.kind === "sms" && sent.to === phone) as { content: { params: string[] } } | undefined;
    expect(text).toBeDefined();
    found = text!.content.params[0];
  }).toPass();
  return found;
}

/** Light and dark, the smallest phone, the thumb; then the same for elders and in English. */
async function decentForAll(page: Page): Promise<void> {
  await decent(page);
  const { hostname } = new URL(page.url());
  const like = (mode: string, lang: string) =>
    page.context().addCookies([
      { name: "mode", value: mode, domain: hostname, path: "/" },
      { name: "lang", value: lang, domain: hostname, path: "/" },
    ]);
  await like("care", "zh");
  await page.reload();
  await decent(page);
  await like("normal", "en");
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await decent(page);
  await like("normal", "zh");
  await page.reload();
}

test("another WeChat signs in by a code, and nobody is signed out before", async ({ wechatPage: here, newPhone, sim }) => {
  const phone = "13800138006";
  await own(here, phone);
  await enter(here, phone);
  await expect(here.locator(".qr-act img.qr")).toBeVisible();
  await hydrated(here);
  const there = await newPhone();
  await enter(there, phone);
  // The trip through WeChat leaves its fragment in the address.
  await expect(there).toHaveURL(/\/m\/proof(#|$)/);
  await expect(there.getByText("不是账号绑定的微信")).toBeVisible();
  await decentForAll(there);
  await expect(here.locator(".link-state")).toHaveText("在线");
  await there.locator("#code").fill("12");
  await there.locator("form button").first().tap();
  await expect(there.getByRole("alert")).toContainText("6 位数字");
  await decent(there);
  await there.getByRole("button", { name: "重新发送验证码" }).tap();
  await expect(there.getByRole("alert")).toContainText("秒后再重新发送");
  await there.locator("#code").fill(await code(sim, phone));
  await there.locator("form button").first().tap();
  await expect(there.locator(".qr-act img.qr")).toBeVisible();
  await expect(here.locator(".link-state")).toHaveText("已在别处登录");

  // The history says so, and leads to the report.
  await hydrated(there);
  await there.locator(".tabs a[href='/m/settings']").tap();
  await there.getByRole("link", { name: "登录记录" }).tap();
  await expect(there.getByText("正在使用")).toBeVisible();
  await expect(there.getByText(/在另一台设备（.+）登录，这里自动退出/).first()).toBeVisible();
  await decentForAll(there);
  await there.getByRole("link", { name: "有不是您本人的登录？" }).tap();
  await expect(there).toHaveURL(/\/m\/not-me$/);
  await decentForAll(there);
});

test("a lost password is set anew by a code", async ({ wechatPage: page, sim }) => {
  const phone = "13800138003";
  await page.goto("/m/sign-in");
  await hydrated(page);
  await page.locator("a[href^='/m/lost']").tap();
  await expect(page).toHaveURL(/\/m\/lost$/);
  await decentForAll(page);
  await page.locator("#phone").fill(phone);
  await page.getByRole("button", { name: "发送短信验证码" }).tap();
  await expect(page.getByText("如果 138****8003")).toBeVisible();
  await decent(page);
  await page.locator("#code").fill(await code(sim, phone));
  await page.getByRole("button", { name: "确认" }).tap();
  await expect(page.getByRole("heading", { name: "设置密码" })).toBeVisible();
  // The password of before, so that later stories find it.
  for (const field of await page.locator("input[type=password]").all()) await field.fill(PASSWORD);
  await page.locator("form button[type=submit]").tap();
  await page.getByRole("link", { name: "登录" }).tap();
  await page.waitForURL(/\/m\/sign-in/);
  await own(page, phone);
  await enter(page, phone);
  await expect(page.locator(".qr-act img.qr")).toBeVisible();
});

test("somebody else's sign-in is reported by a code, and ends at once", async ({ wechatPage: here, newPhone, sim }) => {
  const phone = "13800138004";
  await own(here, phone);
  await enter(here, phone);
  await expect(here.locator(".qr-act img.qr")).toBeVisible();
  const there = await newPhone();
  await own(there, phone);
  await enter(there, phone);
  await expect(there.locator(".qr-act img.qr")).toBeVisible();
  await here.goto("/m");
  await here.getByRole("link", { name: "不是我本人" }).tap();
  await decentForAll(here);
  await here.getByRole("button", { name: "发送短信验证码" }).tap();
  await here.locator("#code").fill(await code(sim, phone));
  await here.getByRole("button", { name: "确认" }).tap();
  await expect(here.getByRole("heading", { name: "设置密码" })).toBeVisible();
  await there.goto("/m");
  await expect(there).toHaveURL(/\/m\/sign-in/);
  for (const field of await here.locator("input[type=password]").all()) await field.fill(PASSWORD);
  await here.locator("form button[type=submit]").tap();
  await expect(here.getByText("密码已设置")).toBeVisible();
});
