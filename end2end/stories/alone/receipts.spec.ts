// What became of the money and what was filled in, as the payer's receipt and the manager's say it. Alone, because the printed
// codes belong to one manager, who is signed in at one place only.
import { copiesWhole, decent, expect, hydrated, test, type Page } from "../../harness/story";
import { answer, payButton, receiptShown, said, somebody } from "../../harness/payer";
import { atTheCode, MANAGERS } from "../../harness/manager";

/** What the manager's receipt says beside a label. */
const kept = (page: Page, label: string) => page.locator(`.pairs dt:text-is("${label}") + dd`);

/** The manager's receipt of a payment, in the manager's own language. */
async function opened(manager: Page, payment: string, lang: "zh" | "en"): Promise<void> {
  await manager.goto(`/m/receipts/${payment}?lang=${lang}`);
  await hydrated(manager);
}

/** The number as the receipt shows it to the payer. */
const numberOn = async (receipt: Page) => (await receipt.locator(".no").first().textContent())!;

/** Both long numbers, on each width and in either size of text. */
async function copied(page: Page): Promise<string[]> {
  const numbers: string[] = [];
  const before = page.viewportSize()!;
  for (const mode of ["care", "standard"]) {
    await page.context().addCookies([{ name: "mode", value: mode, url: new URL(page.url()).origin }]);
    await page.reload();
    for (const width of [320, 375, 1280]) {
      await page.setViewportSize({ width, height: 812 });
      numbers.splice(0, 2, await copiesWhole(page.locator(".no").first()), await copiesWhole(page.locator(".no").last()));
    }
  }
  await page.setViewportSize(before);
  return numbers;
}

test("our words follow the reader's language, the payer's words stay", async ({ wechatPage: page, newPhone }) => {
  await page.context().grantPermissions(["geolocation"]);
  await page.context().setGeolocation({ latitude: 31.2304, longitude: 121.4737 });
  await page.goto("/p/demo-form");
  await page.getByLabel("付款金额").fill("4.5");
  await answer(page, { student: somebody() });
  await page.getByLabel("身份证号").fill("11010519491231002x");
  await page.getByRole("checkbox", { name: "夏装" }).check();
  await page.getByRole("checkbox", { name: "已核对尺码" }).check();
  await page.getByRole("button", { name: "定位" }).tap();
  await expect(page.getByLabel("收货地点")).toHaveValue("当前位置");
  await page.locator("input[name='field.photo.file']").setInputFiles({ name: "size.png", mimeType: "image/png", buffer: await page.locator(".logo").screenshot() });
  await page.getByRole("radio", { name: "单位" }).check();
  await page.getByLabel("抬头名称").fill("税号照片馆");
  await page.getByLabel("税号", { exact: true }).fill("91110000600037341L");
  await payButton(page).tap();
  const receipt = await receiptShown(page, "4.50");
  await expect(said(page, "送到教室")).toHaveText("否");
  await expect(said(page, "收货地点")).toHaveText("当前位置 (31.230400, 121.473700)");
  await expect(said(page, "发票抬头")).toHaveText("税号照片馆 税号 91110000600037341L");
  await page.goto(`${receipt}?lang=en`);
  await expect(said(page, "送到教室")).toHaveText("No");
  await expect(said(page, "已核对尺码")).toHaveText("Yes");
  await expect(said(page, "收货地点")).toHaveText("Current location (31.230400, 121.473700)");
  await expect(said(page, "发票抬头")).toHaveText("税号照片馆 Tax number 91110000600037341L");
  await expect(said(page, "款式")).toHaveText("夏装");
  const payment = await numberOn(page);
  const numbers = await copied(page);
  expect(numbers[0]).toBe(payment);

  const manager = await newPhone();
  await atTheCode(manager, MANAGERS.plain);
  await opened(manager, payment, "en");
  await expect(kept(manager, "送到教室")).toHaveText("No");
  await expect(kept(manager, "已核对尺码")).toHaveText("Yes");
  await expect(kept(manager, "收货地点")).toHaveText("Current location (31.230400, 121.473700)");
  await expect(kept(manager, "发票抬头")).toHaveText("税号照片馆 Tax number 91110000600037341L");
  expect(await copied(manager)).toEqual(numbers);
  // Neither on the screen nor in what the page brought along.
  await expect(kept(manager, "身份证号")).toHaveText("**************002X");
  expect(await manager.content()).not.toContain("11010519491231");
  const picture = manager.getByRole("img", { name: "尺码照片" });
  await expect.poll(() => picture.evaluate((it: HTMLImageElement) => it.naturalWidth)).toBeGreaterThan(0);
  await decent(manager);
  // The list has no labels, so a bare yes or no would say nothing there.
  await manager.goto("/m/receipts?lang=zh");
  const row = manager.locator(`a.row[href$="${payment}"]`);
  await expect(row).toContainText("夏装");
  await expect(row).not.toContainText(/照片 ·|否|· 是|002X/);
});
