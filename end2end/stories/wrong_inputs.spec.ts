// What is wrong is said where it is wrong, the focus goes there, and nothing that was typed is lost.
import { decent, expect, test } from "../harness/story";
import { payButton, receiptShown, said, somebody, tapAmount } from "../harness/payer";

test.use({ expectedErrors: /status of 422/ });

test("an empty form says what is missing, first thing first", async ({ wechatPage: page }) => {
  const posts: string[] = [];
  page.on("request", (request) => request.method() === "POST" && posts.push(request.url()));
  await page.goto("/p/demo");
  await payButton(page).tap();
  await expect(page.locator("#note")).toHaveText("请输入金额");
  await expect(page.getByLabel("付款金额")).toBeFocused();
  await expect(page.getByLabel("付款金额")).toHaveAttribute("aria-invalid", "true");
  const student = page.getByLabel("学生姓名");
  await expect(page.locator(".f", { has: student }).locator(".err")).toHaveText("请填写");
  await expect(student).toHaveAccessibleDescription("请填写");
  await expect(page.getByRole("group", { name: "班级" }).locator(".err")).toHaveText("请选择");
  await decent(page);
  await tapAmount(page, "8.01");
  await payButton(page).tap();
  await expect(student).toBeFocused();
  await student.fill("小明");
  await expect(page.locator(".f", { has: student }).locator(".err")).toHaveCount(0);
  await payButton(page).tap();
  await expect(page.getByRole("radio", { name: "三年一班" })).toBeFocused();
  await expect(page.getByLabel("付款金额")).toHaveValue("8.01");
  await expect(student).toHaveValue("小明");
  expect(posts).toEqual([]);
});

test("the server says it in the same places, and keeps what was typed", async ({ wechatPage: page }) => {
  const student = somebody();
  await page.goto("/p/demo-form");
  await expect(page.getByText("¥1 至 ¥1,000")).toBeVisible();
  await page.getByLabel("付款金额").fill("12");
  await page.getByLabel("学生姓名").fill(student);
  await page.getByLabel("家长手机").fill("12345");
  await page.getByRole("checkbox", { name: "已核对尺码" }).check();
  await page.getByLabel("收货地点").fill("东门");
  await page.getByRole("radio", { name: "单位" }).check();
  await page.getByLabel("抬头名称").fill("青禾公司");
  await page.getByLabel("税号").fill("123");
  await payButton(page).tap();
  await expect(page).toHaveTitle(/^请检查：/);
  const summary = page.locator("#errors");
  await expect(summary).toBeFocused();
  await expect(summary.getByRole("link")).toHaveText([
    "家长手机：请填 11 位手机号",
    "款式：请选择",
    "发票抬头：税号是 15、18 或 20 位字母和数字",
  ]);
  await expect(page.getByLabel("家长手机")).toHaveValue("12345");
  await expect(page.getByLabel("家长手机")).toHaveAccessibleDescription("请填 11 位手机号");
  await expect(page.getByLabel("学生姓名")).toHaveValue(student);
  await expect(page.getByLabel("付款金额")).toHaveValue("12");
  await expect(page.getByLabel("收货地点")).toHaveValue("东门");
  await expect(page.getByLabel("抬头名称")).toHaveValue("青禾公司");
  await expect(page.getByLabel("税号")).toHaveValue("123");
  await expect(page.getByRole("checkbox", { name: "已核对尺码" })).toBeChecked();
  // Each line of the summary leads to its control.
  await summary.getByRole("link").first().tap();
  await expect(page.getByLabel("家长手机")).toBeFocused();
  await page.getByLabel("家长手机").fill("13912345678");
  await page.getByRole("checkbox", { name: "夏装" }).check();
  await page.getByRole("checkbox", { name: "运动服" }).check();
  await page.getByLabel("税号").fill("91110000600037341L");
  await page.getByLabel("订单条码").fill("A-0815");
  await payButton(page).tap();
  await receiptShown(page, "12.00");
  await expect(said(page, "款式")).toHaveText(/夏装.*运动服/);
  await expect(said(page, "家长手机")).toHaveText("13912345678");
  await expect(said(page, "送到教室")).toHaveText("否");
  await expect(said(page, "已核对尺码")).toHaveText("是");
  await expect(said(page, "收货地点")).toHaveText("东门");
  await expect(said(page, "发票抬头")).toContainText("91110000600037341L");
});

test("a photograph travels, is kept through an error, and is on the receipt", async ({ wechatPage: page }) => {
  await page.goto("/p/demo-form");
  await page.getByLabel("付款金额").fill("3");
  await page.getByLabel("学生姓名").fill(somebody());
  await page.getByRole("checkbox", { name: "已核对尺码" }).check();
  const photo = page.locator("input[type=file][name='field.photo.file']");
  await photo.setInputFiles({ name: "notes.png", mimeType: "image/png", buffer: Buffer.from("this is no picture") });
  await page.getByRole("checkbox", { name: "冬装" }).check();
  await payButton(page).tap();
  await expect(page.locator("#errors a")).toHaveText("尺码照片：只支持 jpg、png、webp、gif 照片");
  // A real picture; the phone number is wrong, so that the form comes back once more.
  await photo.setInputFiles({ name: "size.png", mimeType: "image/png", buffer: await page.locator(".logo").screenshot() });
  await page.getByLabel("家长手机").fill("110");
  await payButton(page).tap();
  await expect(page.locator("#errors a")).toHaveText("家长手机：请填 11 位手机号");
  await expect(page.getByText("已收到照片；重新选择会替换它")).toBeVisible();
  await page.getByLabel("家长手机").fill("13912345678");
  await payButton(page).tap();
  await receiptShown(page, "3.00");
  const picture = page.getByRole("img", { name: "尺码照片" });
  await expect.poll(() => picture.evaluate((it: HTMLImageElement) => it.naturalWidth)).toBeGreaterThan(0);
});

const LEFT_OPEN = [
  ["zh", "请勾选", "请填写", "请选择"],
  ["en", "Please tick this", "Please fill this in", "Please choose"],
] as const;

for (const [lang, tick, fill, choose] of LEFT_OPEN) {
  test(`what is left open is said in the verb of its question, by script and server alike (${lang})`, async ({ wechatPage: page, request }) => {
    await page.goto(`/p/demo-form?lang=${lang}`);
    await page.locator("#amount").fill("12");
    await payButton(page).tap();
    const error = (label: string) => page.locator(".f", { has: page.getByText(label, { exact: false }) }).locator(".err");
    await expect(error("学生姓名")).toHaveText(fill);
    await expect(error("已核对尺码")).toHaveText(tick);
    await expect(page.getByRole("checkbox", { name: "已核对尺码" })).toHaveAccessibleDescription(tick);
    await decent(page);
    await page.getByLabel("学生姓名").fill("小明");
    await page.getByRole("checkbox", { name: "已核对尺码" }).check();
    await payButton(page).tap();
    // Of a group of boxes the browser cannot demand one; the server does.
    await expect(page.locator("#errors a")).toHaveText(new RegExp(`^款式.{1,2}${choose}$`));
    const answer = await request.post("/p/demo-form", { form: { amount: "12" }, headers: { "accept-language": lang } });
    const said = [...(await answer.text()).matchAll(/class="err"[^>]*>([^<]+)</g)].map((found) => found[1]);
    expect(said).toEqual([fill, choose, tick]);
  });
}

const AMOUNTS = [
  ["0.5", "最少付 ¥1.00"],
  ["1000.01", "单笔最多 ¥1,000.00"],
  ["", "请输入金额"],
  ["1.234", "最多两位小数"],
  ["十元", "金额只能是数字，如 12.50"],
] as const;

test("each wrong amount has its sentence, from the script and from the server", async ({ wechatPage: page, request }) => {
  await page.goto("/p/demo-form");
  for (const [typed, sentence] of AMOUNTS) {
    await page.getByLabel("付款金额").fill(typed);
    await payButton(page).tap();
    await expect(page.locator("#note"), typed).toHaveText(sentence);
    const answer = await request.post("/p/demo-form", { form: { amount: typed, "field.student": "小明" }, headers: { "accept-language": "zh-CN" } });
    expect(answer.status(), typed).toBe(422);
    expect(await answer.text(), typed).toContain(sentence);
  }
});
