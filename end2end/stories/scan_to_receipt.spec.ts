// A payer scans, types, pays and holds the receipt.
import { decent, expect, test } from "../harness/story";
import { answer, fillIn, payButton, payByDoor, paymentOf, receiptShown, said, somebody, tapAmount } from "../harness/payer";

test("from the scan to the receipt, in Chinese", async ({ wechatPage: page, bridgeCalls }) => {
  const student = somebody();
  await page.goto("/p/demo");
  await expect(page.locator("html")).toHaveAttribute("lang", "zh-CN");
  await expect(page).toHaveTitle("向青禾实验学校付款");
  await expect(page.getByText("收款人 王敏 · 教务处")).toBeVisible();
  await tapAmount(page, "12.34");
  await expect(page.getByLabel("付款金额")).toHaveValue("12.34");
  await expect(payButton(page)).toContainText("¥12.34");
  await answer(page, { student, class: "三年三班", remark: "九月 校服" });
  let payment = "";
  page.on("framenavigated", () => (payment = /\/p\/demo\/[0-9a-f]{32}/.test(page.url()) ? paymentOf(page) : payment));
  await payButton(page).tap();
  await receiptShown(page, "12.34");
  expect(bridgeCalls).toHaveLength(1);
  expect(bridgeCalls[0].signType).toBe("RSA");
  await expect(said(page, "学生姓名")).toHaveText(student);
  await expect(said(page, "班级")).toHaveText("三年三班");
  await expect(said(page, "备注")).toHaveText("九月 校服");
  await expect(said(page, "收款人")).toHaveText("王敏");
  await expect(said(page, "付款时间")).toHaveText(/^\d{4}-\d\d-\d\d \d\d:\d\d/);
  await expect(said(page, "付款单号").locator("b")).toHaveText(payment.slice(-8));
  await expect(said(page, "付款单号").locator(".no")).toHaveText(payment);
  await expect(said(page, "微信单号")).toHaveText(/^\d{28}$/);
});

test("from the scan to the receipt, in English", async ({ wechatPage: page }) => {
  const student = somebody();
  await page.goto("/p/demo");
  await page.getByRole("link", { name: "English" }).tap();
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await expect(page.getByText("Collected by 王敏 · 教务处")).toBeVisible();
  await fillIn(page, "88", { student });
  await expect(payButton(page)).toHaveText("Pay¥88.00");
  await payButton(page).tap();
  await receiptShown(page, "88.00", "Paid");
  await expect(said(page, "学生姓名")).toHaveText(student);
  await expect(page.locator(".mark")).toContainText("Mark of this hour");
  // The choice of language stays without being asked again.
  await page.goto("/p/demo-fixed");
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
});

test("a payer who is done is back in WeChat with one tap", async ({ wechatPage: page, desktopPage, sim, baseURL }) => {
  const { receipt } = await payByDoor(sim, `${baseURL}/p/demo-fixed`, { "field.student": somebody() });
  await page.goto(receipt);
  await page.getByRole("button", { name: "完成" }).tap();
  await expect(page.locator("html")).toHaveAttribute("data-called", "closeWindow");
  // A window that no bridge can close has no such button.
  await desktopPage.goto(receipt);
  await expect(desktopPage.locator("#print")).toBeVisible();
  await expect(desktopPage.getByRole("button", { name: "完成" })).toBeHidden();
});

test("the receipt moves, which a picture of it cannot", async ({ wechatPage: page }) => {
  await page.goto("/p/demo-fixed");
  await answer(page, { student: somebody() });
  await payButton(page).tap();
  await receiptShown(page, "12.50");
  const clock = page.locator(".mark time");
  const seen = await clock.textContent();
  await expect(clock).not.toHaveText(seen!);
  expect(await page.locator(".mark span").evaluate((it) => it.getAnimations().map((one) => one.playState))).toEqual(["running"]);
  // Somebody else who opens the link at the same hour sees the same mark.
  const mark = await page.locator(".mark p").evaluate((it) => it.firstChild!.textContent);
  await page.reload();
  expect(await page.locator(".mark p").evaluate((it) => it.firstChild!.textContent)).toBe(mark);
});

test("a fixed amount is shown, not asked", async ({ wechatPage: page }) => {
  const student = somebody();
  await page.goto("/p/demo-fixed");
  await expect(page.locator(".amt .money")).toHaveText("¥12.50");
  await expect(page.locator(".k")).toHaveCount(0);
  await expect(payButton(page)).toHaveText("付款¥12.50");
  await answer(page, { student });
  await payButton(page).tap();
  await receiptShown(page, "12.50");
  await expect(said(page, "学生姓名")).toHaveText(student);
});

test("the amount comes from keypad, keyboard and clipboard alike", async ({ wechatPage: page }) => {
  await page.goto("/p/demo");
  const amount = page.getByLabel("付款金额");
  const say = page.locator("#note");
  // The keypad: a key that would make no amount does nothing.
  await tapAmount(page, "1.2.345");
  await expect(amount).toHaveValue("1.23");
  await page.getByRole("button", { name: "退格，长按清空" }).tap();
  await expect(amount).toHaveValue("1.2");
  await page.getByRole("button", { name: "退格，长按清空" }).click({ delay: 700 });
  await expect(amount).toHaveValue("");
  await tapAmount(page, ".5");
  await expect(amount).toHaveValue("0.5");
  await expect(payButton(page)).toContainText("¥0.50");
  // A hardware keyboard, without touching the line first.
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.keyboard.press("Backspace");
  await page.keyboard.press("7");
  await expect(amount).toHaveValue("0.7");
  // The clipboard, in the ways that people copy amounts.
  for (const [text, shown] of [["¥1,234.50", "¥1,234.50"], [" 88元 ", "¥88.00"], ["１２．５", "¥12.50"]]) {
    await amount.fill("");
    await amount.focus();
    await page.keyboard.insertText(text);
    await expect(payButton(page), text).toContainText(shown);
  }
  await amount.fill("1.234");
  await expect(say).toHaveText("最多两位小数");
  await amount.fill("一百");
  await expect(say).toHaveText("金额只能是数字，如 12.50");
  await amount.fill("99999999");
  await expect(say).toContainText("单笔最多");
  await amount.fill("20");
  await expect(say).toContainText("单笔上限");
});

test("every question is named, reachable by keyboard, and keeps its label", async ({ wechatPage: page }) => {
  await page.goto("/p/demo");
  await expect(page.getByRole("textbox", { name: "付款金额" })).toBeVisible();
  await expect(page.getByRole("textbox", { name: "学生姓名" })).toHaveAttribute("required");
  await expect(page.getByRole("group", { name: "班级" }).getByRole("radio")).toHaveCount(3);
  await expect(page.getByPlaceholder("选填，20 字以内")).toBeVisible();
  await expect(page.getByRole("group", { name: "数字键盘" }).getByRole("button")).toHaveCount(13);
  // With the keyboard alone: amount, name, class, pay.
  const student = somebody();
  await page.getByLabel("付款金额").focus();
  await page.keyboard.type("3.21");
  await page.keyboard.press("Tab");
  await page.keyboard.insertText(student);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  await receiptShown(page, "3.21");
  await expect(said(page, "班级")).toHaveText("三年一班");
  await decent(page);
});
