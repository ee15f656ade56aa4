// Money back, paper and diagnosis, as a manager opens them from the receipt and the settings while the program goes on.
import { decent, expect, hydrated, test } from "../../harness/story";
import { payByDoor, somebody } from "../../harness/payer";
import { atTheCode, MANAGERS } from "../../harness/manager";

// What is typed wrongly is answered with 422 and the same screen.
test.use({ expectedErrors: /status of 422/ });

test("part of a payment goes back after a preview, and the receipt follows it", async ({ wechatPage: manager, newPhone, sim }) => {
  const payUrl = await atTheCode(manager, MANAGERS.list);
  const paid = await payByDoor(sim, payUrl, { amount: "20", "field.student": somebody(), "field.class": "三年一班" });
  await manager.goto(`/m/receipts/${paid.payment}`);
  await hydrated(manager);
  await manager.evaluate(() => void ((window as any).__same = true));
  await manager.locator(`a[href="/m/receipts/${paid.payment}/refund"]`).tap();
  await expect(manager.getByRole("heading", { name: "撤销收款" })).toBeVisible();
  await decent(manager);
  // A mistake is said at its place, and what was typed stays.
  await manager.getByText("退一部分").tap();
  await manager.locator("#amount").fill("20.01");
  await manager.getByText("金额收错了").tap();
  await manager.getByRole("button", { name: "下一步" }).tap();
  await expect(manager.getByText("这笔收款最多还能退 ¥20.00。").first()).toBeVisible();
  await expect(manager.locator("#amount")).toHaveValue("20.01");
  await decent(manager);
  await manager.locator("#amount").fill("5.5");
  await manager.getByRole("button", { name: "下一步" }).tap();
  await expect(manager.getByRole("heading", { name: "请核对" })).toBeVisible();
  await decent(manager);
  await manager.getByRole("button", { name: "确认撤销 ¥5.50" }).tap();
  await expect(manager.getByRole("heading", { name: "收款详情" })).toBeVisible();
  await expect(manager.locator(".steps")).toContainText("¥5.50");
  expect(await manager.evaluate(() => (window as any).__same === true), "the program went on").toBe(true);
  await expect(async () => {
    await manager.goto(`/m/receipts/${paid.payment}`);
    await expect(manager.locator(".steps")).toContainText("退款已到账", { timeout: 1_000 });
  }).toPass();
  await expect(manager.locator(".amounts")).toContainText("¥14.50");
  // The payer reads the same.
  const payer = await newPhone();
  await payer.goto(paid.receipt);
  await expect(payer.getByText("¥5.50").first()).toBeVisible();
});

test("a receipt is given to its payer and printed, and a plate is printed", async ({ wechatPage: manager, sim }) => {
  const payUrl = await atTheCode(manager, MANAGERS.list);
  const paid = await payByDoor(sim, payUrl, { amount: "3", "field.student": somebody(), "field.class": "三年一班" });
  await manager.goto(`/m/receipts/${paid.payment}`);
  await hydrated(manager);
  await manager.locator(`a[href="/m/receipts/${paid.payment}/give"]`).tap();
  await expect(manager.getByRole("heading", { name: "发给付款人" })).toBeVisible();
  await expect(manager.locator("#link")).toHaveValue(new RegExp(`${new URL(paid.receipt, manager.url()).pathname}$`));
  await decent(manager);
  await manager.goto(`/m/receipts/${paid.payment}/print`);
  await expect(manager.getByText("人民币 叁元整")).toBeVisible();
  await manager.goto("/m/settings");
  await hydrated(manager);
  await manager.getByRole("link", { name: "打印码牌" }).tap();
  await expect(manager.getByText("手机上的收款码不能做码牌")).toBeVisible();
  await decent(manager);
});

test("diagnosis opens the payment page, checks in order, and ends in one sentence", async ({ wechatPage: manager }) => {
  await atTheCode(manager, MANAGERS.list);
  await manager.goto("/m/settings");
  await hydrated(manager);
  await manager.getByRole("link", { name: "诊断" }).tap();
  await expect(manager.getByRole("heading", { name: "结论" })).toBeVisible();
  await expect(manager.getByText("检查都正常").first()).toBeVisible();
  await expect(manager.frameLocator("iframe").getByRole("heading").first()).toBeVisible();
  await decent(manager);
  // What the customer saw names the cause.
  await manager.getByText("错误 10003").tap();
  await expect(manager.getByText("由谁处理：管理员").first()).toBeVisible();
  await decent(manager);
});
