// What became of the money and what was filled in, as the payer's receipt and the manager's say it. Alone, because the printed
// codes belong to one manager, who is signed in at one place only.
import { readFileSync } from "node:fs";
import { copiesWhole, decent, expect, hydrated, test, type Page } from "../../harness/story";
import { refund } from "../../harness/operator";
import { answer, fillIn, payButton, payByDoor, paymentOf, receiptShown, said, somebody, statusOf } from "../../harness/payer";
import { atTheCode, MANAGERS } from "../../harness/manager";

/** What the manager's receipt says beside a label. */
const kept = (page: Page, label: string) => page.locator(`.pairs dt:text-is("${label}") + dd`);

/** The manager's receipt of a payment, in the manager's own language. */
async function opened(manager: Page, payment: string, lang: "zh" | "en"): Promise<void> {
  await manager.goto(`/m/receipts/${payment}?lang=${lang}`);
  await hydrated(manager);
}

/** The number as the receipt shows it to the payer. */
const numberOn = async (receipt: Page) => (await receipt.locator(".no").first().textContent())!;

/** Looks again until `heading` is what the payer's receipt says. */
async function until(receipt: Page, heading: string): Promise<void> {
  await expect(async () => {
    await receipt.reload();
    await expect(receipt.getByRole("heading", { level: 2 })).toHaveText(heading, { timeout: 500 });
  }).toPass({ timeout: 60_000, intervals: [1_000] });
}

/** Both long numbers, on each width and in either size of text. */
async function copied(page: Page): Promise<string[]> {
  const numbers: string[] = [];
  const before = page.viewportSize()!;
  for (const mode of ["care", "standard"]) {
    await page.context().addCookies([{ name: "mode", value: mode, url: new URL(page.url()).origin }]);
    await page.reload();
    for (const width of [320, 375, 1280]) {
      await page.setViewportSize({ width, height: 812 });
      numbers.splice(0, 2, await copiesWhole(page.locator(".no").first()), await copiesWhole(page.locator(".no").last()));
    }
  }
  await page.setViewportSize(before);
  return numbers;
}

test("our words follow the reader's language, the payer's words stay", async ({ wechatPage: page, newPhone }) => {
  await page.context().grantPermissions(["geolocation"]);
  await page.context().setGeolocation({ latitude: 31.2304, longitude: 121.4737 });
  await page.goto("/p/demo-form");
  await page.getByLabel("付款金额").fill("4.5");
  await answer(page, { student: somebody() });
  await page.getByLabel("身份证号").fill("11010519491231002x");
  await page.getByRole("checkbox", { name: "夏装" }).check();
  await page.getByRole("checkbox", { name: "已核对尺码" }).check();
  await page.getByRole("button", { name: "定位" }).tap();
  await expect(page.getByLabel("收货地点")).toHaveValue("当前位置");
  await page.locator("input[name='field.photo.file']").setInputFiles({ name: "size.png", mimeType: "image/png", buffer: await page.locator(".logo").screenshot() });
  await page.getByRole("radio", { name: "单位" }).check();
  await page.getByLabel("抬头名称").fill("税号照片馆");
  await page.getByLabel("税号", { exact: true }).fill("91110000600037341L");
  await payButton(page).tap();
  const receipt = await receiptShown(page, "4.50");
  await expect(said(page, "送到教室")).toHaveText("否");
  await expect(said(page, "收货地点")).toHaveText("当前位置 (31.230400, 121.473700)");
  await expect(said(page, "发票抬头")).toHaveText("税号照片馆 税号 91110000600037341L");
  await page.goto(`${receipt}?lang=en`);
  await expect(said(page, "送到教室")).toHaveText("No");
  await expect(said(page, "已核对尺码")).toHaveText("Yes");
  await expect(said(page, "收货地点")).toHaveText("Current location (31.230400, 121.473700)");
  await expect(said(page, "发票抬头")).toHaveText("税号照片馆 Tax number 91110000600037341L");
  await expect(said(page, "款式")).toHaveText("夏装");
  const payment = await numberOn(page);
  const numbers = await copied(page);
  expect(numbers[0]).toBe(payment);

  const manager = await newPhone();
  await atTheCode(manager, MANAGERS.plain);
  await opened(manager, payment, "en");
  await expect(kept(manager, "送到教室")).toHaveText("No");
  await expect(kept(manager, "已核对尺码")).toHaveText("Yes");
  await expect(kept(manager, "收货地点")).toHaveText("Current location (31.230400, 121.473700)");
  await expect(kept(manager, "发票抬头")).toHaveText("税号照片馆 Tax number 91110000600037341L");
  expect(await copied(manager)).toEqual(numbers);
  // Neither on the screen nor in what the page brought along.
  await expect(kept(manager, "身份证号")).toHaveText("**************002X");
  expect(await manager.content()).not.toContain("11010519491231");
  const picture = manager.getByRole("img", { name: "尺码照片" });
  await expect.poll(() => picture.evaluate((it: HTMLImageElement) => it.naturalWidth)).toBeGreaterThan(0);
  await decent(manager);
  // The list has no labels, so a bare yes or no would say nothing there.
  await manager.goto("/m/receipts?lang=zh");
  const row = manager.locator(`a.row[href$="${payment}"]`);
  await expect(row).toContainText("夏装");
  await expect(row).not.toContainText(/照片 ·|否|· 是|002X/);
});

test.describe("as a file", () => {
  test.use({ expectedErrors: /status of 422/ });

  test("what a list shows is taken away as a file, and a mistake in the days is told", async ({ wechatPage: manager, sim, baseURL }) => {
    const [student, other] = [somebody(), somebody()];
    for (const name of [student, other]) await payByDoor(sim, `${baseURL}/p/demo`, { amount: "6", "field.student": name, "field.class": "三年一班", "field.remark": "校服" });
    await atTheCode(manager, MANAGERS.plain);
    await manager.goto(`/m/receipts?q=${encodeURIComponent(student)}`);
    await hydrated(manager);
    await manager.locator("summary", { hasText: "筛选" }).tap();
    await decent(manager);
    await manager.getByRole("link", { name: "导出这些记录" }).tap();
    await expect(manager.getByRole("heading", { name: "导出收款记录" })).toBeVisible();
    await expect(kept(manager, "搜索收款记录")).toHaveText(student);
    await decent(manager);
    const saved = async (button: string) => {
      const [download] = await Promise.all([manager.waitForEvent("download"), manager.getByRole("button", { name: button }).tap()]);
      return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
    };
    const csv = await saved("下载 CSV");
    const lines = csv.bytes.toString("utf8").trim().split("\r\n");
    expect([csv.name, lines.length]).toEqual(["receipts.csv", 2]);
    expect(lines[0]).toContain("学生姓名");
    expect(lines[1]).toMatch(new RegExp(`6\\.00.*${student}.*校服`));
    const xlsx = await saved("下载 Excel 表格");
    expect([xlsx.name, xlsx.bytes.subarray(0, 2).toString()]).toEqual(["receipts.xlsx", "PK"]);
    await manager.locator("#from").fill("2099-01-01");
    await manager.getByRole("button", { name: "下载 CSV" }).tap();
    await expect(manager.getByRole("alert")).toContainText("开始日期晚于截止日期");
    await expect(manager.locator("#from")).toHaveValue("2099-01-01");
    await decent(manager);
    await manager.goto(`${manager.url().split("?")[0].replace(/\/receipts\.csv$/, "")}?lang=en&theme=dark&mode=care`);
    await expect(manager.getByRole("heading", { name: "Export receipts" })).toBeVisible();
    await decent(manager);
  });
});

test("a refund is said on both receipts: under way, partly, wholly", async ({ wechatPage: page, newPhone, sim, baseURL }) => {
  test.slow();
  await sim.refundDelays({ change_ms: 25_000, card_ms: 25_000 });
  const student = somebody();
  const paid = await payByDoor(sim, `${baseURL}/p/demo`, { amount: "10", "field.student": student, "field.class": "三年一班" });
  const manager = await newPhone();
  await atTheCode(manager, MANAGERS.plain);
  await refund(paid.payment, "2.50", "少发一件");
  await page.goto(paid.receipt);
  await receiptShown(page, "10.00", "退款中");
  await expect(page.getByText("退款中 ¥2.50")).toBeVisible();
  await expect(said(page, "退款中")).toHaveText(/¥2\.50少发一件\d{4}-/);
  await opened(manager, paid.payment, "zh");
  await expect(manager.locator(".amounts .tag")).toHaveText("退款中");
  await expect(kept(manager, "实收")).toHaveText("¥7.50");

  await until(page, "已部分退款");
  await expect(page.getByText("已退 ¥2.50")).toBeVisible();
  await expect(said(page, "已退款")).toHaveText(/¥2\.50少发一件/);
  await decent(page);
  await opened(manager, paid.payment, "zh");
  await expect(manager.locator(".amounts .tag")).toHaveText("部分退款");
  await expect(kept(manager, "已退")).toHaveText("¥2.50");
  await expect(kept(manager, "实收")).toHaveText("¥7.50");
  await expect(manager.locator(".steps li").last()).toHaveText(/退款已到账.*¥2\.50.*少发一件/);
  await decent(manager);
  // Partly returned is still paid: the payment's own link leads to the receipt.
  expect((await statusOf(paid.page)).state).toBe("paid");

  await sim.refundDelays({ change_ms: 500, card_ms: 500 });
  await refund(paid.payment, "7.50", "活动取消");
  await until(page, "已全额退款");
  await expect(page.getByText("已退 ¥10.00")).toBeVisible();
  await expect(page.getByText("活动取消")).toBeVisible();
  await page.goto(`${paid.receipt}?lang=en`);
  await receiptShown(page, "10.00", "Refunded in full");
  await expect(said(page, "Refunded")).toHaveText([/¥2\.50少发一件/, /¥7\.50活动取消/]);
  await decent(page);
  await opened(manager, paid.payment, "en");
  await expect(manager.locator(".amounts .tag")).toHaveText("Refunded");
  await expect(kept(manager, "Kept")).toHaveText("¥0.00");
  await manager.goto("/m/receipts");
  await expect(manager.locator(`a.row[href$="${paid.payment}"]`)).toContainText("Refunded ¥10.00");
  await page.goto(paid.page);
  await expect(page.getByRole("heading", { level: 2, name: "Refunded in full" })).toBeVisible();
  await page.getByRole("link", { name: "See the receipt" }).tap();
  await receiptShown(page, "10.00", "Refunded in full");
});

test.describe("paid twice", () => {
  test.use({ hand: "cancels" });

  test("the second success goes back, and both receipts say so until it is back", async ({ wechatPage: page, newPhone, desktopPage, sim }) => {
    test.slow();
    await sim.refundDelays({ change_ms: 25_000, card_ms: 25_000 });
    await page.goto("/p/demo-fixed");
    await answer(page, { student: somebody() });
    await payButton(page).tap();
    await expect(page.getByRole("button", { name: "去付款" })).toBeVisible();
    const payment = paymentOf(page);
    await desktopPage.goto(page.url());
    await desktopPage.getByRole("link", { name: "打开演示收银台" }).click();
    await desktopPage.locator("button[value=pay]").click();
    const receipt = await receiptShown(page, "12.50");
    const manager = await newPhone();
    await atTheCode(manager, MANAGERS.plain);
    await expect(page.getByText("付了两次")).toHaveCount(0);
    // The phone's wallet was open, too, and a second faster than the close of its order.
    await sim.pay(payment, { force: true });
    await expect(async () => {
      await page.reload();
      await expect(page.getByText("这笔钱付了两次，多付的 ¥12.50 正在自动原路退回，不需要您做什么。")).toBeVisible({ timeout: 500 });
    }).toPass({ intervals: [300] });
    await receiptShown(page, "12.50");
    await opened(manager, payment, "zh");
    await expect(manager.locator(".amounts .tag")).toHaveText("已收款");
    await expect(manager.locator(".steps li").last()).toHaveText(/¥12\.50.*付款人付了两次，多付的自动退回/);
    await decent(page);
    await decent(manager);

    await expect(async () => {
      await page.reload();
      await expect(page.getByText("这笔钱付了两次，多付的 ¥12.50 已原路退回。")).toBeVisible({ timeout: 500 });
    }).toPass({ timeout: 60_000, intervals: [1_000] });
    expect(page.url()).toBe(receipt);
    await page.goto(`${receipt}?lang=en`);
    await expect(page.getByText("This was paid twice. The second ¥12.50 has been returned to where it came from.")).toBeVisible();
    await receiptShown(page, "12.50", "Paid");
    await opened(manager, payment, "en");
    await expect(manager.locator(".steps li").last()).toHaveText(/Refunded.*¥12\.50.*The payer paid twice; the second payment goes back by itself/);
    await expect(manager.locator(".amounts .tag")).toHaveText("Received");
  });
});
