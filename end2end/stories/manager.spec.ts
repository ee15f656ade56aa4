// The manager shows a code, hears and sees the money come, and finds every receipt.
import { decent, expect, hydrated, test, type Page } from "../harness/story";
import { fillIn, payButton, payByDoor, receiptShown, somebody } from "../harness/payer";
import { atTheCode, MANAGERS, signIn } from "../harness/manager";

/** A mark on this very document: gone after a reload. */
const markDocument = (page: Page) => page.evaluate(() => void ((window as any).__same = true));
const isSameDocument = (page: Page) => page.evaluate(() => (window as any).__same === true);

const figure = (page: Page, name: string) => page.locator(`.figures dt:text-is("${name}") + dd`);

/** What came today before: nothing, unless an earlier try broke off. */
async function soFar(page: Page): Promise<{ count: number; sum: number }> {
  const [count, sum] = await Promise.all(["今日笔数", "今日收款"].map((name) => figure(page, name).innerText()));
  return { count: Number(count), sum: Number(sum.replace(/[¥,]/g, "")) };
}

test("money arrives on the screen while a payer pays on another phone", async ({ wechatPage: manager, newPhone }) => {
  const payUrl = await atTheCode(manager, MANAGERS.live);
  const code = manager.getByRole("img", { name: "青禾实验学校的收款二维码" });
  expect(await code.evaluate((it: HTMLImageElement) => [it.complete, it.naturalWidth > 100, it.naturalWidth === it.naturalHeight])).toEqual([true, true, true]);
  const { count, sum } = await soFar(manager);
  await expect(manager.getByText("今天还没有收款")).toHaveCount(count ? 0 : 1);
  await hydrated(manager);
  await expect(manager.locator(".link-state")).toHaveText("在线");
  await markDocument(manager);

  const payer = await newPhone();
  const student = somebody();
  await payer.goto(payUrl);
  await expect(payer.getByText("收款人 刘洋")).toBeVisible();
  await fillIn(payer, "128.5", { student });
  await payButton(payer).tap();
  await receiptShown(payer, "128.50");

  const news = manager.locator(".slot .news");
  await expect(news).toContainText("收款到账 ¥128.50");
  await expect(news).toContainText(student);
  await expect(figure(manager, "今日收款")).toHaveText(`¥${(sum + 128.5).toFixed(2)}`);
  await expect(figure(manager, "今日笔数")).toHaveText(String(count + 1));
  await expect(manager.locator(".latest a.row", { hasText: student })).toHaveCount(1);
  expect(await isSameDocument(manager)).toBe(true);
  await decent(manager);
  // The news leads to the receipt itself.
  await news.tap();
  await expect(manager.getByRole("heading", { name: "收款详情" })).toBeVisible();
  await expect(manager.locator(".pairs dd", { hasText: student })).toBeVisible();
  expect(await isSameDocument(manager)).toBe(true);
});

test("the spoken amount begins with one tap of consent, and stops with another", async ({ wechatPage: manager, sim }) => {
  const clips: string[] = [];
  manager.on("request", (request) => request.url().includes("/voice/") && clips.push(new URL(request.url()).pathname));
  await manager.addInitScript(() => {
    (window as any).__spoken = 0;
    const start = AudioBufferSourceNode.prototype.start;
    AudioBufferSourceNode.prototype.start = function (...times) {
      (window as any).__spoken += 1;
      return start.apply(this, times);
    };
  });
  const spoken = () => manager.evaluate(() => (window as any).__spoken as number);
  const payUrl = await atTheCode(manager, MANAGERS.voice);
  const pay = (amount: string) => payByDoor(sim, payUrl, { amount, "field.student": somebody(), "field.class": "三年一班" });
  await hydrated(manager);
  await expect(manager.locator(".link-state")).toHaveText("在线");
  await pay("1");
  await expect(manager.locator(".news")).toContainText("¥1.00");
  expect([clips, await spoken()]).toEqual([[], 0]);

  await manager.getByRole("button", { name: "开启语音播报" }).tap();
  await expect(manager.getByRole("button", { name: "语音播报已开启" })).toBeVisible();
  expect(clips.length).toBeGreaterThan(10);
  expect(clips.every((clip) => clip.startsWith("/voice/zh/"))).toBe(true);
  await expect.poll(spoken).toBeGreaterThan(0);
  const before = await spoken();
  await pay("20.35");
  await expect(manager.locator(".news")).toContainText("¥20.35");
  // 收款到账, 二十, 点, 三, 五, 元: several clips of one sentence.
  await expect.poll(spoken).toBeGreaterThanOrEqual(before + 4);

  await manager.getByRole("button", { name: "语音播报已开启" }).tap();
  await expect(manager.getByRole("button", { name: "语音已静音" })).toBeVisible();
  const muted = await spoken();
  await pay("3");
  await expect(manager.locator(".news")).toContainText("¥3.00");
  expect(await spoken()).toBe(muted);
});

test.describe("without a network for a while", () => {
  test.use({ expectedErrors: /ERR_INTERNET_DISCONNECTED|Failed to fetch|ERR_NETWORK/ });

  test("the screen says so, and tells afterwards what came meanwhile", async ({ wechatPage: manager, sim }) => {
    const payUrl = await atTheCode(manager, MANAGERS.network);
    await hydrated(manager);
    await expect(manager.locator(".link-state")).toHaveText("在线");
    await markDocument(manager);
    const { count, sum } = await soFar(manager);
    await manager.context().setOffline(true);
    await expect(manager.locator(".link-state")).toHaveText("离线");
    await expect(manager.getByText("起收不到到账提醒")).toBeVisible();
    for (const amount of ["10", "20.5"]) await payByDoor(sim, payUrl, { amount, "field.student": somebody(), "field.class": "三年一班" });
    await expect(figure(manager, "今日笔数")).toHaveText(String(count));
    await decent(manager);
    await manager.context().setOffline(false);
    await expect(manager.locator(".link-state")).toHaveText("在线");
    await expect(manager.locator(".news")).toContainText("您离开期间到账 2 笔，共 ¥30.50");
    await expect(figure(manager, "今日收款")).toHaveText(`¥${(sum + 30.5).toFixed(2)}`);
    await expect(figure(manager, "今日笔数")).toHaveText(String(count + 2));
    expect(await isSameDocument(manager)).toBe(true);
    await payByDoor(sim, payUrl, { amount: "1", "field.student": somebody(), "field.class": "三年一班" });
    await expect(figure(manager, "今日笔数")).toHaveText(String(count + 3));

    // A screen that cannot be read says so, and comes with the network.
    await manager.getByText("展开").tap();
    await manager.context().setOffline(true);
    await manager.getByRole("link", { name: "切换" }).tap();
    await expect(manager.getByText("没能读到这一页")).toBeVisible();
    await decent(manager);
    await manager.context().setOffline(false);
    await manager.getByRole("button", { name: "重试" }).tap();
    const chosen = manager.locator(".choice", { hasText: "春游" });
    await expect(chosen).toBeVisible();
    // What was sent into nothing is said to be unknown, and pressing again does it.
    await manager.context().setOffline(true);
    await chosen.tap();
    await expect(manager.getByText("没有收到回答，不知道是否已经办到")).toBeVisible();
    await manager.context().setOffline(false);
    await chosen.tap();
    await expect(manager.locator(".plate .preset")).toContainText("春游费");
    expect(await isSameDocument(manager)).toBe(true);
  });
});

test("forty receipts: fifteen first, the rest while scrolling, each with everything that was filled in", async ({ wechatPage: manager, sim }) => {
  const payUrl = await atTheCode(manager, MANAGERS.list);
  const students: string[] = [];
  for (let n = 0; n < 40; n += 8) {
    const batch = Array.from({ length: 8 }, (_, k) => ({ student: somebody(), amount: `${n + k + 1}.00` }));
    await Promise.all(batch.map(({ student, amount }) => payByDoor(sim, payUrl, { amount, "field.student": student, "field.class": "三年二班", "field.remark": `第${amount}号` })));
    students.push(...batch.map(({ student }) => student));
  }
  await manager.goto("/m/receipts");
  const rows = manager.locator("a.row");
  await expect(rows).toHaveCount(15);
  await hydrated(manager);
  await markDocument(manager);
  await expect(manager.getByRole("heading", { level: 2 }).first()).toHaveText(/今天|昨天/);
  await decent(manager);
  await expect(async () => {
    await manager.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await expect(manager.getByText("没有更早的记录了")).toBeVisible({ timeout: 300 });
  }).toPass();
  await expect(rows).toHaveCount(40);
  expect(new Set(await rows.evaluateAll((all) => all.map((it) => it.getAttribute("href")))).size).toBe(40);
  const shown = await rows.locator(".row-title").allInnerTexts();
  expect([...shown].sort()).toEqual([...students].sort());
  const totals = await manager.locator(".day p").allInnerTexts();
  const counted = totals.map((text) => Number(/^(\d+) 笔/.exec(text)?.[1] ?? 0)).reduce((sum, count) => sum + count, 0);
  expect(counted).toBe(40);
  // 1 + 2 + .. + 40
  const summed = totals.map((text) => Number(text.split("¥")[1].replace(/,/g, ""))).reduce((sum, yuan) => sum + yuan, 0);
  expect(summed).toBe(820);

  await rows.nth(30).scrollIntoViewIfNeeded();
  const place = await manager.evaluate(() => scrollY);
  const title = await rows.nth(30).locator(".row-title").innerText();
  await rows.nth(30).tap();
  await expect(manager.getByRole("heading", { name: "收款详情" })).toBeVisible();
  const pair = (name: string) => manager.locator(`.pairs dt:text-is("${name}") + dd`);
  await expect(pair("学生姓名")).toHaveText(title);
  await expect(pair("班级")).toHaveText("三年二班");
  await expect(pair("备注")).toHaveText(/^第\d+\.00号$/);
  await expect(pair("收款人")).toHaveText("陈静");
  await expect(pair("渠道单号")).toHaveText(/^\d{28}$/);
  await expect(pair("单号")).toHaveText(/^[0-9a-f]{8}\s?[0-9a-f]{32}$/);
  await expect(manager.locator(".steps li")).toHaveText([/付款人打开并提交/, /收款成功/]);
  await decent(manager);
  await manager.locator(".bar .back").tap();
  await expect(rows).toHaveCount(40);
  await expect.poll(() => manager.evaluate(() => scrollY)).toBeGreaterThan(place - 200);

  // A new one is announced, and moves nothing until it is asked for.
  await payByDoor(sim, payUrl, { amount: "41", "field.student": "最新的人", "field.class": "三年二班" });
  await manager.getByRole("link", { name: "1 笔新收款" }).tap();
  await expect(rows.first().locator(".row-title")).toHaveText("最新的人");
  expect(await isSameDocument(manager)).toBe(true);
});

test.describe("signing in and out", () => {
  test.use({ expectedErrors: /status of 422/ });

  test("wrong says so, right opens what was asked for, settings stay, out is out", async ({ wechatPage: page }) => {
    await page.goto("/m/receipts");
    await expect(page).toHaveURL(/\/m\/sign-in/);
    await expect(page.getByText("请先登录，随后会回到您要打开的页面。")).toBeVisible();
    await signIn(page, MANAGERS.settings, "wrong-password");
    await expect(page.getByRole("alert")).toHaveText("手机号或密码不对，请检查后再试。");
    await expect(page.locator("#phone")).toHaveValue(MANAGERS.settings);
    await expect(page.locator("#password")).toBeFocused();
    await decent(page);
    await hydrated(page);
    await page.locator("#password").fill("shouma-demo");
    await page.getByRole("button", { name: "显示密码" }).tap();
    await expect(page.locator("#password")).toHaveAttribute("type", "text");
    await page.getByRole("button", { name: "登录" }).tap();
    await expect(page).toHaveURL(/\/m\/receipts(#|$)/);
    await expect(page.getByText("还没有收款记录")).toBeVisible();
    await decent(page);

    await page.getByRole("link", { name: "设置" }).tap();
    await hydrated(page);
    await expect(page.getByText("周涛 · 青禾实验学校")).toBeVisible();
    await page.getByRole("radio", { name: "English" }).tap();
    await expect(page.locator("html")).toHaveAttribute("lang", "en");
    await hydrated(page);
    await page.getByRole("radio", { name: "Dark" }).tap();
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe("rgb(14, 19, 16)");
    await hydrated(page);
    const size = () => page.evaluate(() => parseFloat(getComputedStyle(document.documentElement).fontSize));
    const before = await size();
    await page.locator("input[name=mode][value=care]").tap();
    await expect(page.locator("html")).toHaveAttribute("data-mode", "care");
    expect(await size()).toBeGreaterThanOrEqual(before * 1.2);
    await decent(page);
    // The payer's pages follow the same wishes.
    await page.goto("/p/demo");
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    await expect(page.locator("html")).toHaveAttribute("lang", "en");

    await page.goto("/m/settings");
    await page.getByRole("button", { name: "Sign out" }).tap();
    await expect(page).toHaveURL(/sign-in/);
    await expect(page.getByText("Signed out")).toBeVisible();
    await page.goto("/m");
    await expect(page).toHaveURL(/sign-in/);
  });

  test("five wrong passwords lock, and do not tell whether the account exists", async ({ wechatPage: page }) => {
    test.slow();
    for (let n = 0; n < 5; n += 1) await signIn(page, "13600000001", `guess-${n}`);
    await signIn(page, "13600000001", "guess");
    await expect(page.getByRole("alert")).toContainText("密码连续输错次数过多");
    await decent(page);
  });
});

test.describe("the installed app", () => {
  test.use({ expectedErrors: /ERR_INTERNET_DISCONNECTED/ });

  test("opens without a network, says what works, and comes back where one was", async ({ wechatPage: page }) => {
    await page.goto("/m/sign-in?lang=en");
    await hydrated(page);
    const manifest = await page.evaluate(async () => {
      const link = document.querySelector<HTMLLinkElement>("link[rel=manifest]")!.href;
      const said = await (await fetch(link)).json();
      const icons = await Promise.all(said.icons.map(async (icon: { src: string }) => (await fetch(icon.src)).headers.get("content-type")));
      return { name: said.name, display: said.display, start: said.start_url, icons };
    });
    expect(manifest).toEqual({ name: "Shouma: collect money", display: "standalone", start: "/m", icons: ["image/png", "image/png", "image/png"] });
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
    await page.context().setOffline(true);
    await page.goto("/m/receipts?code=x");
    await expect(page.getByRole("heading", { name: "No connection" })).toBeVisible();
    await expect(page.getByText("Your code can still be paid")).toBeVisible();
    await decent(page);
    await page.context().setOffline(false);
    await page.getByRole("link", { name: "Try again" }).tap();
    await expect(page).toHaveURL(/\/m\/sign-in\?why=needed&next=\/m\/receipts%3Fcode%3Dx$/);
  });
});

test.describe("signed in elsewhere", () => {
  test.use({ expectedErrors: /status of 401|ERR_FAILED/ });

  test("the session here ends, says so, and leads to sign-in and back to where one was", async ({ wechatPage: here, newPhone }) => {
    const ended = /此账号于 \d\d:\d\d 在另一台设备（.+）登录，这里已退出。/;
    await atTheCode(here, MANAGERS.elsewhere);
    await hydrated(here);
    await here.locator(".tabs a[href=\"/m/receipts\"]").tap();
    await expect(here.getByText("还没有收款记录")).toBeVisible();
    await expect(here.locator(".link-state")).toHaveText("在线");
    const there = await newPhone();
    // This one hears nothing by itself, as behind a proxy that holds streams back.
    await there.route("**/m/live*", (route) => route.abort());
    await atTheCode(there, MANAGERS.elsewhere);
    await hydrated(there);
    await expect(here.locator(".link-state")).toHaveText("已在别处登录");
    const said = here.locator(".trouble");
    await expect(said.getByText(ended)).toBeVisible();
    await expect(said.getByRole("link", { name: "不是我本人" })).toHaveAttribute("href", "/m/not-me");
    await decent(here);
    await here.getByRole("link", { name: "重新登录" }).tap();
    await expect(here.getByText(ended)).toBeVisible();
    await expect(here.getByRole("link", { name: "不是我本人" })).toBeVisible();
    await signIn(here, MANAGERS.elsewhere);
    await expect(here).toHaveURL(/\/m\/receipts(#|$)/);
    await expect(here.getByText("还没有收款记录")).toBeVisible();

    // The other one finds out by its next question.
    await there.locator(".tabs a[href=\"/m/receipts\"]").tap();
    await expect(there).toHaveURL(/\/m\/sign-in\?why=ended&next=/);
    await expect(there.getByText(ended)).toBeVisible();
    await signIn(there, MANAGERS.elsewhere);
    await expect(there).toHaveURL(/\/m\/receipts(#|$)/);
  });

  test("a form that is sent then waits on a page of its own, with all that was typed", async ({ wechatPage: here, newPhone }) => {
    await atTheCode(here, MANAGERS.elsewhere);
    await here.goto("/m/receivables/new");
    await hydrated(here);
    await here.locator("#name").fill("赵小雨");
    await here.locator("#title").fill("2026 秋季餐费");
    await here.locator("#amount").fill("100");
    await atTheCode(await newPhone(), MANAGERS.elsewhere);
    await here.getByRole("button", { name: "保存" }).tap();
    await expect(here.getByRole("heading", { name: "登录后再提交一次" })).toBeVisible();
    await expect(here.getByText(/此账号于 \d\d:\d\d 在另一台设备（.+）登录，这里已退出。/)).toBeVisible();
    await expect(here.locator("#kept input[name=name]")).toHaveValue("赵小雨");
    await decent(here);
  });
});

test("another manager's receipts are nobody else's business", async ({ wechatPage: page, sim, baseURL }) => {
  const paid = await payByDoor(sim, `${baseURL}/p/demo-fixed`, { "field.student": somebody() });
  await atTheCode(page, MANAGERS.stranger);
  const answer = await page.request.get(`/m/receipts/${paid.payment}`);
  expect(answer.status()).toBe(404);
});
