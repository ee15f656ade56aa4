// Old kernels, blocked files, switched-off scripts: the money pages work, the manager's pages can be read.
import { expect, test } from "../harness/story";
import { fillIn, payButton, paymentOf, receiptShown, said, somebody } from "../harness/payer";
import { atTheCode, MANAGERS } from "../harness/manager";
import { payByDoor } from "../harness/payer";

test.describe("with scripts switched off", () => {
  test.use({ javaScriptEnabled: false, hand: "absent", expectedErrors: /status of 422/ });

  test("a payer submits, is told honestly to wait, and finds the receipt", async ({ wechatPage: page, sim }) => {
    const student = somebody();
    await page.goto("/p/demo");
    await expect(page.locator(".k").first()).toBeHidden();
    await page.getByLabel("付款金额").fill("45.6");
    await page.getByLabel("学生姓名").fill(student);
    await page.getByRole("radio", { name: "三年一班" }).check();
    await payButton(page).tap();
    await page.waitForURL(/\/p\/demo\/[0-9a-f]{32}/);
    const payment = paymentOf(page);
    await expect(page.getByRole("heading", { level: 2, name: "还没有付款" })).toBeVisible();
    await expect(page.getByText(`付款单号尾号 ${payment.slice(-8)}`)).toBeVisible();
    // WeChat's sign-in leaves a fragment in the address; the page looks again by itself all the same.
    expect(page.url()).toMatch(/#wechat_redirect$/);
    await sim.pay(payment);
    await receiptShown(page, "45.60");
    await expect(said(page, "学生姓名")).toHaveText(student);
  });

  test("what was wrong is said by the server, at its place, with everything kept", async ({ wechatPage: page }) => {
    await page.goto("/p/demo");
    // Without a script the browser itself demands what is required; a client without such manners meets the server.
    await page.getByLabel("付款金额").fill("1.234");
    await page.getByLabel("学生姓名").fill("小明");
    await page.getByRole("radio", { name: "三年三班" }).check();
    await page.getByLabel("备注").fill("午餐");
    await payButton(page).tap();
    await expect(page).toHaveTitle(/^请检查：/);
    await expect(page.locator("#errors")).toContainText("有 1 处需要修改");
    await expect(page.locator("#errors a")).toHaveText("付款金额：最多两位小数");
    await expect(page.locator("#note")).toHaveText("最多两位小数");
    await expect(page.getByLabel("付款金额")).toHaveValue("1.234");
    await expect(page.getByLabel("付款金额")).toHaveAttribute("aria-invalid", "true");
    await expect(page.getByLabel("学生姓名")).toHaveValue("小明");
    await expect(page.getByRole("radio", { name: "三年三班" })).toBeChecked();
    await expect(page.getByLabel("备注")).toHaveValue("午餐");
    await page.getByLabel("付款金额").fill("1.23");
    await payButton(page).tap();
    await page.waitForURL(/\/p\/demo\/[0-9a-f]{32}/);
  });

  test("a code to scan is one tap away from the waiting page", async ({ wechatPage: page, sim }) => {
    await page.goto("/p/demo-fixed");
    await page.getByLabel("学生姓名").fill(somebody());
    await payButton(page).tap();
    await page.waitForURL(/\/p\/demo-fixed\/[0-9a-f]{32}/);
    await page.getByRole("link", { name: "改用二维码付款" }).tap();
    await expect(page.getByRole("img", { name: "微信支付二维码" })).toBeVisible();
    await page.getByRole("link", { name: "打开演示收银台" }).tap();
    await page.locator("button[value=pay]").tap();
    await receiptShown(page, "12.50");
    expect((await sim.orders()).length).toBeGreaterThan(1);
  });
});

test.describe("with WebAssembly blocked", () => {
  test.use({ expectedErrors: /\.wasm|ERR_FAILED|Failed to fetch|WebAssembly/ });

  test("the payer notices nothing, and the manager reads everything", async ({ wechatPage: page, newPhone, sim }) => {
    await page.context().route("**/*.wasm", (route) => route.abort());
    await page.goto("/p/demo");
    await fillIn(page, "9.9", { student: somebody() });
    await payButton(page).tap();
    await receiptShown(page, "9.90");

    const manager = await newPhone();
    await manager.context().route("**/*.wasm", (route) => route.abort());
    const payUrl = await atTheCode(manager, MANAGERS.plain);
    for (let n = 1; n <= 17; n += 1) {
      await payByDoor(sim, payUrl, { amount: `${n}.00`, "field.student": somebody(), "field.class": "三年一班" });
    }
    await manager.goto("/m/receipts");
    const rows = manager.locator("a.row");
    await expect(rows).toHaveCount(15);
    await manager.getByRole("link", { name: "加载更早的记录" }).click();
    await manager.waitForURL(/before=/);
    expect(await rows.count()).toBeGreaterThan(1);
    await rows.first().click();
    await expect(manager.getByRole("heading", { name: "收款详情" })).toBeVisible();
    await expect(manager.getByText("三年")).toBeVisible();
    await manager.goto("/m/settings");
    await manager.getByRole("radio", { name: "深色" }).check({ force: true });
    await manager.getByRole("button", { name: "保存" }).click();
    await expect(manager.locator("html")).toHaveAttribute("data-theme", "dark");
    await manager.getByRole("button", { name: "退出登录" }).click();
    await expect(manager.getByText("已退出登录。")).toBeVisible();
  });
});
