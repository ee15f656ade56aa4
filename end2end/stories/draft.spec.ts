// WeChat kills pages without asking. What was typed is still there, for a day, and never a number that identifies a person.
import { expect, test, type Page } from "../harness/story";
import { fillIn, payButton, receiptShown, said, somebody } from "../harness/payer";

/** The draft as it rests on the phone. */
const stored = (page: Page, address = "/p/demo") =>
  page.evaluate((address) => localStorage[`draft:${address}`] as string | undefined, address);

const age = (page: Page, hours: number) =>
  page.evaluate((hours) => {
    const [at, pairs] = JSON.parse(localStorage["draft:/p/demo"]);
    localStorage["draft:/p/demo"] = JSON.stringify([at - hours * 3_600_000, pairs]);
  }, hours);

async function killed(page: Page, address = "/p/demo"): Promise<Page> {
  const context = page.context();
  await page.close();
  const again = await context.newPage();
  await again.goto(address);
  return again;
}

test("a killed page comes back with everything that was typed", async ({ wechatPage }) => {
  const student = somebody();
  await wechatPage.goto("/p/demo");
  await expect(wechatPage.getByRole("button", { name: "清除已填内容" })).toBeHidden();
  await fillIn(wechatPage, "7.01", { student, remark: "午餐" });
  const page = await killed(wechatPage);
  await expect(page.getByLabel("付款金额")).toHaveValue("7.01");
  await expect(payButton(page)).toContainText("¥7.01");
  await expect(page.getByLabel("学生姓名")).toHaveValue(student);
  await expect(page.getByRole("radio", { name: "三年二班" })).toBeChecked();
  await expect(page.getByLabel("备注")).toHaveValue("午餐");
});

test("the amount is forgotten after half an hour, the rest after a day", async ({ wechatPage }) => {
  const student = somebody();
  await wechatPage.goto("/p/demo");
  await fillIn(wechatPage, "7.02", { student });
  await age(wechatPage, 0.6);
  let page = await killed(wechatPage);
  await expect(page.getByLabel("学生姓名")).toHaveValue(student);
  await expect(page.getByLabel("付款金额")).toHaveValue("");
  await age(page, 24);
  page = await killed(page);
  await expect(page.getByLabel("学生姓名")).toHaveValue("");
  expect(await stored(page)).toBeUndefined();
});

test("one tap clears the draft", async ({ wechatPage }) => {
  const student = somebody();
  await wechatPage.goto("/p/demo");
  await fillIn(wechatPage, "7.03", { student });
  await wechatPage.getByRole("button", { name: "清除已填内容" }).tap();
  await expect(wechatPage.getByLabel("学生姓名")).toHaveValue("");
  await expect(wechatPage.getByRole("radio", { name: "三年二班" })).not.toBeChecked();
  expect(await stored(wechatPage)).not.toContain(student);
  const page = await killed(wechatPage);
  await expect(page.getByLabel("付款金额")).toHaveValue("");
  await expect(page.getByLabel("学生姓名")).toHaveValue("");
});

test("after paying, the answers are proposed again and the amount is not", async ({ wechatPage: page }) => {
  const student = somebody();
  await page.goto("/p/demo");
  await fillIn(page, "7.04", { student });
  await payButton(page).tap();
  await receiptShown(page, "7.04");
  await page.goto("/p/demo");
  await expect(page.getByLabel("学生姓名")).toHaveValue(student);
  await expect(page.getByLabel("付款金额")).toHaveValue("");
});

test.describe("where the phone is", () => {
  const PLACE = "收货地点";
  const SPOT = /31\.2304|121\.4737/;

  /** The form with everything answered that it demands, and the place as the phone tells it. */
  async function located(page: Page, amount: string): Promise<void> {
    await page.context().grantPermissions(["geolocation"]);
    await page.context().setGeolocation({ latitude: 31.2304, longitude: 121.4737 });
    await page.goto("/p/demo-form");
    await page.getByRole("button", { name: "定位" }).tap();
    await expect(page.getByLabel(PLACE)).toHaveValue("当前位置");
    await answered(page, amount);
  }

  async function answered(page: Page, amount: string): Promise<void> {
    await page.getByLabel("付款金额").fill(amount);
    await page.getByLabel("学生姓名").fill(somebody());
    await page.getByLabel("身份证号").fill("11010519491231002X");
    await page.getByRole("checkbox", { name: "冬装" }).check();
    await page.getByRole("checkbox", { name: "已核对尺码" }).check();
  }

  /** Sends the form, and tells what went out. */
  async function sent(page: Page): Promise<string> {
    const asked = page.waitForRequest((request) => request.method() == "POST");
    await payButton(page).tap();
    return (await asked).postDataBuffer()!.toString();
  }

  const coordinates = (page: Page) =>
    page.locator("[name='field.place.lat'], [name='field.place.lng']").evaluateAll((all: HTMLInputElement[]) => all.map((one) => one.value));

  test("a killed page comes back with the place and its coordinates", async ({ wechatPage }) => {
    await located(wechatPage, "7.06");
    const page = await killed(wechatPage, "/p/demo-form");
    await expect(page.getByLabel(PLACE)).toHaveValue("当前位置");
    await page.getByLabel("身份证号").fill("11010519491231002X");
    await payButton(page).tap();
    // The page that came back has no bridge; the demo's own wallet stands in.
    await page.locator('[data-sim="pay"]').tap();
    await receiptShown(page, "7.06");
    await expect(said(page, PLACE)).toHaveText("当前位置 (31.230400, 121.473700)");
  });

  test("whoever clears the form sends no coordinates", async ({ wechatPage: page }) => {
    await located(page, "7.07");
    expect(await stored(page, "/p/demo-form")).toMatch(SPOT);
    await page.getByRole("button", { name: "清除已填内容" }).tap();
    await expect(page.getByLabel(PLACE)).toHaveValue("");
    expect(await coordinates(page)).toEqual(["", ""]);
    expect(await stored(page, "/p/demo-form")).not.toMatch(SPOT);
    await answered(page, "7.07");
    expect(await sent(page)).not.toMatch(SPOT);
    await receiptShown(page, "7.07");
    await expect(said(page, PLACE)).toHaveCount(0);
  });

  test("whoever types another place sends that one alone", async ({ wechatPage: page }) => {
    await located(page, "7.08");
    await page.getByLabel(PLACE).fill("东门");
    expect(await coordinates(page)).toEqual(["", ""]);
    expect(await sent(page)).not.toMatch(SPOT);
    await receiptShown(page, "7.08");
    await expect(said(page, PLACE)).toHaveText("东门");
  });

  test("a draft with our words and no coordinates shows an empty line", async ({ wechatPage }) => {
    await located(wechatPage, "7.09");
    await wechatPage.evaluate(() => {
      const [at, pairs] = JSON.parse(localStorage["draft:/p/demo-form"]);
      localStorage["draft:/p/demo-form"] = JSON.stringify([at, pairs.filter(([name]: string[]) => !/\.l(at|ng)$/.test(name))]);
    });
    const page = await killed(wechatPage, "/p/demo-form");
    await expect(page.getByLabel("付款金额")).toHaveValue("7.09");
    await expect(page.getByLabel(PLACE)).toHaveValue("");
  });
});

test.describe("a number that identifies a person", () => {
  test.use({ expectedErrors: /status of 422/ });
  const ID_NUMBER = "11010519491231002X";
  const LABEL = "身份证号";

  /** Everything that this site keeps on the phone. */
  const resting = (page: Page) =>
    page.evaluate(() => JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie]));

  test("never rests on the phone, while everything else survives a killed page", async ({ wechatPage }) => {
    const student = somebody();
    await wechatPage.goto("/p/demo-form");
    await wechatPage.getByLabel("付款金额").fill("7.05");
    await wechatPage.getByLabel("学生姓名").fill(student);
    await wechatPage.getByLabel(LABEL).fill(ID_NUMBER);
    await wechatPage.getByRole("checkbox", { name: "冬装" }).check();
    await wechatPage.getByRole("switch", { name: "送到教室" }).check();
    await wechatPage.getByLabel("收货地点").fill("东门");
    expect(await resting(wechatPage)).toContain(student);
    expect(await resting(wechatPage)).not.toContain(ID_NUMBER);
    const page = await killed(wechatPage, "/p/demo-form");
    await expect(page.getByLabel("付款金额")).toHaveValue("7.05");
    await expect(page.getByLabel("学生姓名")).toHaveValue(student);
    await expect(page.getByRole("checkbox", { name: "冬装" })).toBeChecked();
    await expect(page.getByRole("switch", { name: "送到教室" })).toBeChecked();
    await expect(page.getByLabel("收货地点")).toHaveValue("东门");
    await expect(page.getByLabel(LABEL)).toHaveValue("");
    // Nor does it after the server has sent the form back with what was typed.
    await page.getByLabel(LABEL).fill("110105194912310021");
    await page.getByRole("checkbox", { name: "已核对尺码" }).check();
    await payButton(page).tap();
    await expect(page.locator("#errors a")).toHaveText(`${LABEL}：身份证号不对，请核对 18 位`);
    await expect(page.getByLabel(LABEL)).toHaveValue("110105194912310021");
    await page.getByLabel(LABEL).fill(ID_NUMBER);
    await page.getByLabel("收货地点").fill("西门");
    expect(await resting(page)).toContain("西门");
    expect(await resting(page)).not.toMatch(/11010519491231/);
    await payButton(page).tap();
    // The page that came back has no bridge; the demo's own wallet stands in.
    await page.locator('[data-sim="pay"]').tap();
    await receiptShown(page, "7.05");
    expect(await resting(page)).not.toMatch(/11010519491231/);
    await expect(said(page, LABEL)).toHaveText("**************002X");
    expect(await page.content()).not.toContain(ID_NUMBER);
  });
});
