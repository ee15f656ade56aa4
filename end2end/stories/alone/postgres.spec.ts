// The path of money on PostgreSQL, as all other stories tell it on SQLite: paid, heard, counted, found and returned.
// A demo of its own on a cluster of its own.
import { startDemo, type Demo } from "../../harness/demo";
import { startCluster } from "../../harness/postgres";
import { expect, hydrated, test as base } from "../../harness/story";
import { fillIn, payButton, receiptShown, somebody } from "../../harness/payer";
import { atTheCode, MANAGERS } from "../../harness/manager";
import { Sim } from "../../harness/sim";

const test = base.extend<object, { demo: Demo }>({
  demo: [
    async ({}, use) => {
      const cluster = await startCluster();
      const demo = await startDemo("postgres", { DATABASE_URL: cluster.databaseUrl });
      await use(demo);
      await demo.stop();
      await cluster.stop();
    },
    { scope: "worker" },
  ],
  baseURL: async ({ demo }, use) => use(demo.url),
  sim: async ({ demo }, use) => use(new Sim(demo.simulatorUrl)),
});

test("money is paid, heard, found and returned on PostgreSQL", async ({ wechatPage: manager, newPhone }) => {
  const payUrl = await atTheCode(manager, MANAGERS.plain);
  await hydrated(manager);
  await expect(manager.locator(".link-state")).toHaveText("在线");

  const payer = await newPhone();
  const student = somebody();
  await payer.goto(payUrl);
  await fillIn(payer, "12.34", { student });
  await payButton(payer).tap();
  const receipt = await receiptShown(payer, "12.34");
  await expect(manager.locator(".slot .news")).toContainText("收款到账 ¥12.34");
  await expect(manager.locator('.figures dt:text-is("今日笔数") + dd')).toHaveText("1");

  await manager.goto(`/m/receipts?q=${encodeURIComponent(student)}`);
  await hydrated(manager);
  const row = manager.locator("a.row", { hasText: student });
  await expect(row).toHaveCount(1);
  await row.tap();
  await expect(manager.getByRole("heading", { name: "收款详情" })).toBeVisible();
  await manager.locator('a[href$="/refund"]').tap();
  await manager.getByText("退一部分").tap();
  await manager.locator("#amount").fill("2.34");
  await manager.getByText("金额收错了").tap();
  await manager.getByRole("button", { name: "下一步" }).tap();
  await manager.getByRole("button", { name: "确认撤销 ¥2.34" }).tap();
  await expect(async () => {
    await payer.goto(receipt);
    await expect(payer.getByText("¥2.34").first()).toBeVisible({ timeout: 1_000 });
  }).toPass();
});
