// WeChat kills pages without asking. What was typed is still there, for a day, and never a number that identifies a person.
import { expect, test, type Page } from "../harness/story";
import { fillIn, payButton, receiptShown, somebody } from "../harness/payer";

/** The draft as it rests on the phone. */
const stored = (page: Page) => page.evaluate(() => localStorage["draft:/p/demo"] as string | undefined);

const age = (page: Page, hours: number) =>
  page.evaluate((hours) => {
    const [at, pairs] = JSON.parse(localStorage["draft:/p/demo"]);
    localStorage["draft:/p/demo"] = JSON.stringify([at - hours * 3_600_000, pairs]);
  }, hours);

async function killed(page: Page): Promise<Page> {
  const context = page.context();
  await page.close();
  const again = await context.newPage();
  await again.goto("/p/demo");
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

test("numbers that identify a person never rest on the phone", async ({ wechatPage: page }) => {
  // No demo form asks for one, so the mark that the server sets on such a field is set here before the script runs.
  await page.route("**/p/demo", async (route) => {
    const answer = await route.fetch();
    const html = (await answer.text()).replace('name="field.remark"', 'name="field.remark" data-private');
    await route.fulfill({ response: answer, body: html });
  });
  await page.goto("/p/demo");
  await fillIn(page, "7.05", { student: somebody(), remark: "11010519491231002X" });
  expect(await stored(page)).toContain("7.05");
  expect(await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]))).not.toContain("11010519491231002X");
});
