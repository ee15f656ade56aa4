// An administrator watches the overview: every payment of the organisation is seen and heard as it comes, without reloading. It stands
// here because the demo has one administrator, whose account is signed in at one place only.
import { decent, expect, test, type Page } from "../../harness/story";
import { PASSWORD } from "../../harness/manager";
import { payByDoor, somebody } from "../../harness/payer";
import type { Sim } from "../../harness/sim";

const ADMINISTRATOR = "13700137000";
const PHONE = { width: 375, height: 812 };
const DESK = { width: 1280, height: 800 };

async function watch(office: Page): Promise<void> {
  await office.goto("/admin/sign-in?lang=zh");
  await office.locator("#phone").fill(ADMINISTRATOR);
  await office.locator("#password").fill(PASSWORD);
  await office.getByRole("button", { name: "登录" }).click();
  await expect(line(office)).toHaveText("实时更新");
}

const line = (office: Page) => office.locator(".link-state");
const newest = (office: Page) => office.locator("[data-part=latest] li").first();
const heard = (office: Page) => office.locator("#live [aria-live]");
const voice = (office: Page) => office.locator("#live button");

/** The sum of today in fen. */
async function sum(office: Page): Promise<number> {
  return Math.round(Number((await office.locator(".today .sum").textContent())!.replace(/[¥,]/g, "")) * 100);
}

async function pay(sim: Sim, office: Page, amount: string): Promise<string> {
  const student = somebody();
  await payByDoor(sim, new URL("/p/demo", office.url()).href, { amount, "field.student": student, "field.class": "三年一班" });
  return student;
}

async function sameDocument(office: Page): Promise<boolean> {
  return office.evaluate(() => document.documentElement.dataset.same === "yes");
}

for (const [name, size] of [["a phone", PHONE], ["a desk", DESK]] as const) {
  test.describe(`on ${name}`, () => {
    test.use({ desk: { viewport: size }, expectedErrors: /ERR_INTERNET_DISCONNECTED|ERR_NETWORK/ });

    test("what is paid is seen in the sum and the list, spoken once, and told after the network was gone", async ({ desktopPage: office, sim }) => {
      test.slow();
      const clips: string[] = [];
      office.on("request", (request) => request.url().includes("/voice/") && clips.push(new URL(request.url()).pathname));
      await office.addInitScript(() => {
        (window as any).__spoken = 0;
        const start = AudioBufferSourceNode.prototype.start;
        AudioBufferSourceNode.prototype.start = function (...times) {
          (window as any).__spoken += 1;
          return start.apply(this, times);
        };
      });
      const spoken = () => office.evaluate(() => (window as any).__spoken as number);
      await watch(office);
      await office.evaluate(() => void (document.documentElement.dataset.same = "yes"));
      const before = await sum(office);

      const first = await pay(sim, office, "12.50");
      await expect(newest(office)).toContainText(first);
      await expect(newest(office).getByRole("link")).toHaveText("¥12.50");
      await expect.poll(() => sum(office)).toBe(before + 1250);
      await expect(heard(office)).toHaveText(`¥12.50 到账 · ${first} · 王敏`);
      expect([clips, await spoken()]).toEqual([[], 0]);
      await decent(office);

      // One tap of consent, and it is said.
      await voice(office).click();
      await expect(voice(office)).toHaveText("停止播报");
      expect(clips.length).toBeGreaterThan(10);
      expect(clips.every((clip) => clip.startsWith("/voice/zh/"))).toBe(true);
      await expect.poll(spoken).toBeGreaterThan(0);
      const already = await spoken();
      const second = await pay(sim, office, "20.35");
      await expect(newest(office)).toContainText(second);
      // 收款到账, 二十, 点, 三, 五, 元: several clips of one sentence.
      await expect.poll(spoken).toBeGreaterThanOrEqual(already + 6);
      await expect(heard(office)).toHaveText(`¥20.35 到账 · ${second} · 王敏`);

      // What the keyboard is in stays as it is until it is left; the sum goes on.
      await newest(office).getByRole("link").focus();
      const third = await pay(sim, office, "1");
      await expect.poll(() => sum(office)).toBe(before + 1250 + 2035 + 100);
      await expect(newest(office)).toContainText(second);
      await expect(newest(office).getByRole("link")).toBeFocused();
      await decent(office);
      await voice(office).focus();
      await expect(newest(office)).toContainText(third);
      await expect(heard(office)).toHaveText(`¥1.00 到账 · ${third} · 王敏`);

      // Without a network it says so, and what came meanwhile is one sentence.
      await office.context().setOffline(true);
      await expect(line(office)).toContainText("起连不上");
      for (const amount of ["10", "20.5"]) await pay(sim, office, amount);
      expect(await sum(office)).toBe(before + 3385);
      await decent(office);
      await office.context().setOffline(false);
      await expect(line(office)).toHaveText("实时更新");
      await expect(heard(office)).toHaveText("到账 2 笔，共 ¥30.50");
      await expect.poll(() => sum(office)).toBe(before + 3385 + 3050);
      expect(await sameDocument(office)).toBe(true);

      // Muted is silent; the next page waits for a tap where the voice was on.
      await voice(office).click();
      await expect(voice(office)).toHaveText("播报到账");
      const muted = await spoken();
      const last = await pay(sim, office, "2");
      await expect(heard(office)).toHaveText(`¥2.00 到账 · ${last} · 王敏`);
      expect(await spoken()).toBe(muted);
      await voice(office).click();
      await expect(voice(office)).toHaveText("停止播报");
      await office.reload();
      await expect(voice(office)).toHaveText("继续播报");
      await office.locator("h1").click();
      await expect(voice(office)).toHaveText("停止播报");

      // The line leads to the payment itself.
      await newest(office).getByRole("link").click();
      await expect(office).toHaveURL(/\/admin\/payments\/[0-9a-f]{32}$/);
    });
  });
}

test("whoever signs in elsewhere ends the page here, which says so and leads back in", async ({ desktopPage: office, browser }) => {
  await watch(office);
  const other = await browser.newContext({ baseURL: process.env.SHOUMA_E2E_URL, javaScriptEnabled: false });
  const elsewhere = await other.newPage();
  await elsewhere.goto("/admin/sign-in?lang=zh");
  await elsewhere.locator("#phone").fill(ADMINISTRATOR);
  await elsewhere.locator("#password").fill(PASSWORD);
  await elsewhere.getByRole("button", { name: "登录" }).click();
  // Without script it is the page as it was opened, with the newest payments and no button.
  await expect(elsewhere.locator(".today .sum")).toBeVisible();
  await expect(elsewhere.getByRole("heading", { name: "最近的收款" })).toBeVisible();
  await expect(elsewhere.locator("#live")).toBeHidden();
  await other.close();

  await expect(line(office)).toHaveText("登录已结束，这里不再更新");
  await expect(voice(office)).toBeHidden();
  for (const size of [PHONE, DESK]) {
    await office.setViewportSize(size);
    await decent(office);
  }
  await office.getByRole("link", { name: "重新登录" }).click();
  await expect(office).toHaveURL(/\/admin\/sign-in/);
  await expect(office.getByRole("alert").or(office.getByRole("status")).first()).toContainText("另一台设备");
});
