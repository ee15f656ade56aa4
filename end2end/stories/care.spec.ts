// 长辈版, and phones with little room: every question can be reached, nothing lies half under the keypad, every target is large.
import { accessible, decent, easyToTap, expect, test, type Page } from "../harness/story";
import { payButton, receiptShown, somebody, tapAmount } from "../harness/payer";
import type { Locator } from "@playwright/test";

/** All of it is in sight, and what is tapped anywhere on it is it. */
async function inSight(field: Locator, what: string): Promise<void> {
  await expect
    .poll(
      () =>
        field.evaluate((it) => {
          const { left, right, top, bottom } = ((it.closest(".chip") as HTMLElement | null) ?? it).getBoundingClientRect();
          const points = [[left + 4, top + 4], [right - 4, top + 4], [left + 4, bottom - 4], [right - 4, bottom - 4], [(left + right) / 2, (top + bottom) / 2]];
          const hit = points.map(([x, y]) => document.elementFromPoint(x, y));
          // A chip is round: its corners belong to the row that it stands in.
          return hit.every((found) => found && (it === found || it.closest(".f, .amt")!.contains(found))) ? "in sight" : `${top} to ${bottom} of ${innerHeight}`;
        }),
      { message: what, timeout: 3_000 },
    )
    .toBe("in sight");
}

const keys = (page: Page) => page.locator(".k");

test("with large text on a small phone the keypad opens for the amount, and no field lies under it", async ({ wechatPage: page }) => {
  await page.setViewportSize({ width: 375, height: 667 });
  await page.goto("/p/demo?mode=care");
  await expect(keys(page).first()).toBeHidden();
  await expect(payButton(page)).toBeVisible();
  await accessible(page);
  await easyToTap(page, 60);

  await page.getByLabel("付款金额").tap();
  await expect(keys(page)).toHaveCount(12);
  await expect(keys(page).first()).toBeVisible();
  await inSight(page.getByLabel("付款金额"), "the amount");
  await accessible(page);
  await easyToTap(page, 60);
  await tapAmount(page, "8.06");
  await expect(page.getByLabel("付款金额")).toHaveValue("8.06");

  await page.getByLabel("学生姓名").tap();
  await expect(keys(page).first()).toBeHidden();
  await page.getByLabel("学生姓名").fill(somebody());
  await page.getByLabel("付款金额").tap();
  await expect(keys(page).first()).toBeVisible();
  // The last fields, from where the keypad lay over them.
  await page.getByRole("radio", { name: "三年三班" }).check();
  await expect(keys(page).first()).toBeHidden();
  await inSight(page.getByRole("radio", { name: "三年三班" }), "the class");
  await page.getByLabel("备注").tap();
  await expect(page.getByLabel("备注")).toBeFocused();
  await inSight(page.getByLabel("备注"), "the remark");
  await page.getByLabel("备注").fill("午餐");
  await expect(payButton(page)).toContainText("¥8.06");
  await payButton(page).tap();
  await receiptShown(page, "8.06");
  await decent(page, 60);
});

const ROOMS = [
  ["standard", 375, 603],
  ["standard", 360, 640],
  ["standard", 320, 568],
  ["care", 375, 812],
  ["care", 375, 667],
  ["care", 320, 568],
] as const;

for (const [mode, width, height] of ROOMS) {
  test(`whatever is being filled in is in sight (${mode}, ${width} x ${height})`, async ({ wechatPage: page }) => {
    await page.setViewportSize({ width, height });
    for (const path of ["/p/demo", "/p/demo-form"]) {
      await page.goto(`${path}?mode=${mode}`);
      for (const field of await page.locator("form input:not([type=hidden]):visible, form select:visible").all()) {
        if ((await field.getAttribute("class")) === "sr") continue;
        await field.focus();
        // The keypad has had the time to make room or to come back.
        await page.waitForTimeout(300);
        await field.evaluate((it) => it.scrollIntoView({ block: "nearest" }));
        await inSight(field, `${path} ${await field.getAttribute("name")}`);
      }
    }
  });
}

test("whoever opens the manager's app for the first time finds large letters before anything else", async ({ wechatPage: page }) => {
  await page.goto("/m/receipts");
  await expect(page.locator("html")).toHaveAttribute("data-mode", "normal");
  await page.getByRole("link", { name: "长辈版" }).tap();
  await expect(page.locator("html")).toHaveAttribute("data-mode", "care");
  // Signing in still leads where they wanted to go.
  await expect(page.locator("input[name=next]")).toHaveValue("/m/receipts");
  await decent(page, 60);
  await page.getByRole("link", { name: "标准版" }).tap();
  await expect(page.locator("html")).toHaveAttribute("data-mode", "normal");
});
