// Receivables: a manager notes who owes what, sends the link, and sees it paid; what came another way is confirmed; a file is checked
// before it is imported. It stands here because the demo's manager is signed in at one place only.
import { accessible, decent, expect, fitsSmallScreens, test } from "../../harness/story";
import { MANAGERS, atTheCode } from "../../harness/manager";
import { payButton, receiptShown } from "../../harness/payer";

const MANAGER = MANAGERS.stranger;

test.use({ expectedErrors: /status of (410|422)/ });

test("a debt is raised, paid in parts by its own link, and the rest is written off", async ({ wechatPage: manager, newPhone }) => {
  test.slow();
  await atTheCode(manager, MANAGER);
  await manager.goto("/m/receivables");
  await decent(manager);
  await manager.locator("a[href='/m/receivables/new']").tap();
  await manager.locator("#name").fill("赵小雨");
  await manager.locator("#title").fill("2026 秋季餐费");
  await manager.locator("#amount").fill("一百");
  await manager.locator("input[name=parts]").check();
  await manager.getByRole("button", { name: "保存" }).tap();
  await expect(manager.locator("#amount-why")).toBeVisible();
  await expect(manager.locator("#name")).toHaveValue("赵小雨");
  await decent(manager);
  await manager.locator("#amount").fill("100");
  await manager.getByRole("button", { name: "保存" }).tap();
  await expect(manager.locator(".amounts .money")).toHaveText("¥100.00");
  await decent(manager);
  await fitsSmallScreens(manager);

  const link = await manager.locator("#link").inputValue();
  const payer = await newPhone();
  await payer.goto(link);
  await expect(payer.getByText("赵*雨")).toBeVisible();
  await accessible(payer);
  await payer.locator("#amount").fill("60");
  await payButton(payer).tap();
  await receiptShown(payer, "60.00");

  await manager.reload();
  await expect(manager.getByText("已付一部分")).toBeVisible();
  await manager.locator("details.unfold summary", { hasText: "核销" }).tap();
  await manager.getByRole("button", { name: /核销 ¥40.00/ }).tap();
  // What is wrong stands before the reader's eyes, and a reload leads back to the debt.
  await expect(manager.locator("#reason-why")).toBeInViewport();
  await expect(manager.locator("#reason")).toBeFocused();
  const refused = manager.url();
  await manager.reload();
  await expect(manager.getByText("已付一部分")).toBeVisible();
  expect(manager.url()).not.toBe(refused);
  await manager.locator("details.unfold summary", { hasText: "核销" }).tap();
  await manager.locator("#reason").fill("转学");
  await manager.getByRole("button", { name: /核销 ¥40.00/ }).tap();
  await expect(manager.getByText("已核销，付款链接已失效。")).toBeVisible();
  await decent(manager);
  await payer.goto(link);
  await expect(payer.getByText("这笔款不用付了").first()).toBeVisible();
  await accessible(payer);
});

test("a file is checked before it is imported, in Chinese and in English, light, dark and large", async ({ wechatPage: manager }) => {
  test.slow();
  await atTheCode(manager, MANAGER);
  await manager.goto("/m/receivables/import");
  await decent(manager);
  // Of this try alone: a debt that is there already is not imported again.
  const some = String(Date.now()).slice(-8);
  const csv = `姓名,编号,事项,金额\n钱一,F${some}1,资料费,20\n孙二,F${some}2,资料费,二十\n`;
  await manager.locator("#file").setInputFiles({ name: "a.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
  await manager.getByRole("button", { name: "检查文件" }).tap();
  await expect(manager.getByText("第 3 行，D 列“金额（元）”（二十）")).toBeVisible();
  await decent(manager);
  await manager.getByRole("button", { name: /导入 1 笔/ }).tap();
  await expect(manager.getByText("已导入 1 笔")).toBeVisible();
  for (const look of ["theme=dark", "theme=light&mode=care", "mode=standard&lang=en"]) {
    for (const path of ["", "/ageing", "/matches", "/import"]) {
      await manager.goto(`/m/receivables${path}?${look}`);
      await accessible(manager);
      await fitsSmallScreens(manager);
    }
  }
  await manager.goto("/m/receivables?lang=zh&theme=auto");
});
