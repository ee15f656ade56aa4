// A file as large as files may be, on a phone: checked, imported and listed, while the page stays usable.
import { accessible, decent, expect, fitsSmallScreens, test } from "../../harness/story";
import { MANAGERS, atTheCode } from "../../harness/manager";

const ROWS = 2_000;

test.use({ expectedErrors: /status of 422/ });

/** What is wrong in which row; rows count from the heading. */
const faults = new Map([
  [5, { column: 3, cell: "八百" }],
  [1_000, { column: 2, cell: "" }],
  [1_999, { column: 4, cell: "十二月" }],
]);

/** The numbers begin with `some`: a debt that is there already is not imported again. */
function file(rows: number, some: string): Buffer {
  const lines = ["姓名,学号,事项,金额,截止日,备注"];
  for (let line = 2; line <= rows + 1; line += 1) {
    const cells = [`学生${line}`, `${some}M${line}`, "2026 秋季住宿费", "800.50", "2099-12-01", "按床位收取，退宿按天退"];
    const fault = faults.get(line);
    if (fault) cells[fault.column] = fault.cell;
    lines.push(cells.join(","));
  }
  return Buffer.from(lines.join("\n"));
}

test("two thousand rows are checked, imported and listed on a phone", async ({ wechatPage: manager }) => {
  test.slow();
  const some = String(Date.now()).slice(-8);
  await atTheCode(manager, MANAGERS.stranger);
  await manager.goto("/m/receivables/import");
  await manager.locator("#file").setInputFiles({ name: "a.csv", mimeType: "text/csv", buffer: file(ROWS + 1, some) });
  await manager.getByRole("button", { name: "检查文件" }).tap();
  await expect(manager.getByText("一次最多 2000 行")).toBeVisible();

  await manager.locator("#file").setInputFiles({ name: "a.csv", mimeType: "text/csv", buffer: file(ROWS, some) });
  await manager.getByRole("button", { name: "检查文件" }).tap();
  await expect(manager.locator("#dry")).toBeVisible();
  const counts = manager.locator("section", { has: manager.locator("#dry") });
  for (const words of ["1997 笔", "3 笔"]) await expect(counts.getByText(words, { exact: true })).toBeVisible();
  const wrong = manager.locator("section", { has: manager.locator("#bad") }).locator("li");
  await expect(wrong).toHaveCount(3);
  for (const [at, words] of ["第 5 行，D 列", "第 1000 行，C 列", "第 1999 行，E 列"].entries()) {
    await expect(wrong.nth(at)).toContainText(words);
  }
  await decent(manager);
  await fitsSmallScreens(manager);

  await manager.getByRole("button", { name: /导入 1997 笔/ }).tap();
  await expect(manager.getByText("已导入 1997 笔")).toBeVisible({ timeout: 20_000 });
  await expect(manager.locator(".rows li")).toHaveCount(15);
  await decent(manager);
  await manager.getByRole("link", { name: "更早的" }).tap();
  await expect(manager.getByText("回到最新")).toBeVisible();
  await expect(manager.locator(".rows li")).toHaveCount(15);
  await manager.locator("input[name=q]").fill(`${some}M1234`);
  await manager.getByRole("button", { name: "搜索" }).tap();
  await expect(manager.locator(".rows li")).toHaveCount(1);
  await expect(manager.getByText("学生1234")).toBeVisible();
  await accessible(manager);
});
