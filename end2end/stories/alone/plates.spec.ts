// 码牌 and receipts on paper: the sheet is printed, measured in millimetres, and its codes are read as an office printer makes them.
// It stands here because the demo's plates belong to one manager, who is signed in at one place only.
import { accessible, easyToTap, expect, test, type Page } from "../../harness/story";
import { payByDoor, somebody } from "../../harness/payer";
import { cut, DOTS_PER_INCH, printed, read, type Box } from "../../harness/paper";
import { MANAGERS, signIn } from "../../harness/manager";
import { like, READERS } from "../../harness/readers";

// A dot of the picture is a dot of the printer.
test.use({ desk: { deviceScaleFactor: DOTS_PER_INCH / 96, hasTouch: true } });

/** What may be off: the width of a knife. */
const OFF_MM = 0.3;

async function signedIn(page: Page): Promise<void> {
  await page.goto("/m/sign-in");
  await signIn(page, MANAGERS.plain);
  await expect(page.locator(".qr-act img.qr")).toBeVisible();
}

/** How much around a code is in sight of who reads it. */
const CLOSE_MM = 15;

/** The sheet on one page of this size, and its picture. */
async function print(page: Page, paper: string, width: number, height: number) {
  const pages = printed(await page.pdf({ preferCSSPageSize: true, printBackground: true }));
  expect(pages, `${paper} is one page`).toHaveLength(1);
  near(pages[0].width, width, `${paper}, width`);
  near(pages[0].height, height, `${paper}, height`);
  await page.emulateMedia({ media: "print" });
  const picture = await page.screenshot({ fullPage: true });
  await page.emulateMedia({ media: null });
  return { codes: pages[0].codes, picture };
}

/** The code on `part` of the sheet leads to `url`, and with its white margin it is `wide` millimetres wide and all there. */
function holds(code: Box, picture: Buffer, part: Box, wide: number, url: string, what: string): void {
  // As one holds a phone over it: near enough that little else is in sight. A whole sheet of writing confuses one of the decoders.
  const { texts, modules } = read(cut(picture, within(part, code, CLOSE_MM)));
  expect(texts, `${what}, by two decoders`).toEqual([url, url]);
  // Four white modules on each side belong to it (ISO 18004).
  const black = (wide * modules) / (modules + 8);
  near(code.right - code.left, black, `${what}, width of the code`);
  near(code.bottom - code.top, black, `${what}, height of the code`);
  const margin = (wide - black) / 2 - OFF_MM;
  expect(code.left - margin, `${what}, margin on the left`).toBeGreaterThan(part.left);
  expect(code.right + margin, `${what}, margin on the right`).toBeLessThan(part.right);
  expect(code.top - margin, `${what}, margin above`).toBeGreaterThan(part.top);
  expect(code.bottom + margin, `${what}, margin below`).toBeLessThan(part.bottom);
}

/** `inner` with so much around it, as far as it is on `part`. */
function within(part: Box, inner: Box, around: number): Box {
  return {
    left: Math.max(part.left, inner.left - around),
    top: Math.max(part.top, inner.top - around),
    right: Math.min(part.right, inner.right + around),
    bottom: Math.min(part.bottom, inner.bottom + around),
  };
}

function near(mm: number, promised: number, what: string): void {
  expect(Math.abs(mm - promised), `${what}: ${mm.toFixed(2)} mm instead of ${promised.toFixed(2)}`).toBeLessThanOrEqual(OFF_MM);
}

const part = (left: number, top: number, width: number, height: number): Box => ({ left, top, right: left + width, bottom: top + height });

// Paper, its size, how wide a code is, and where there is one: four to be cut apart, one to a sheet, one within what a roll prints.
const PLATES = [
  { paper: "a4", size: [210, 297], wide: 70, parts: [part(0, 0, 105, 148), part(105, 0, 105, 148), part(0, 148, 105, 148), part(105, 148, 105, 148)] },
  { paper: "a6", size: [105, 148], wide: 70, parts: [part(0, 0, 105, 148)] },
  { paper: "80mm", size: [80, 200], wide: 56, parts: [part(4, 0, 72, 200)] },
] as const;

test("a plate is as large as it says on each paper, and two decoders read it as it is printed", async ({ desktopPage: page, baseURL }) => {
  await signedIn(page);
  await page.goto("/m/plate");
  const plate = page.locator(".plate-choice", { hasText: "午餐" });
  const sheets = await Promise.all(PLATES.map(({ paper }) => plate.locator(`a[href$="paper=${paper}"]`).getAttribute("href")));
  for (const [number, { paper, size, wide, parts }] of PLATES.entries()) {
    for (const lang of ["en", "zh"]) {
      await page.goto(`${sheets[number]}&lang=${lang}`);
      const { codes, picture } = await print(page, paper, size[0], size[1]);
      expect(codes, paper).toHaveLength(parts.length);
      parts.forEach((part, place) => holds(codes[place], picture, part, wide, `${baseURL}/p/demo-fixed`, `${paper}, ${lang}, ${place + 1}`));
    }
  }
});

test("a receipt's code is read from each paper", async ({ desktopPage: page, sim, baseURL }) => {
  await signedIn(page);
  const { payment, receipt } = await payByDoor(sim, `${baseURL}/p/demo-fixed`, { "field.student": somebody() });
  for (const [paper, width, height] of [["a4", 210, 297], ["a5", 148, 210], ["80mm", 80, 200]] as const) {
    await page.goto(`/m/receipts/${payment}/print?paper=${paper}`);
    const { codes, picture } = await print(page, paper, width, height);
    expect(codes, paper).toHaveLength(1);
    holds(codes[0], picture, part(0, 0, width, height), 35, receipt, paper);
  }
});

test("plates and sheets are for every reader", async ({ desktopPage: page, sim, baseURL }) => {
  test.slow();
  await signedIn(page);
  const { payment } = await payByDoor(sim, `${baseURL}/p/demo-fixed`, { "field.student": somebody() });
  await page.goto("/m/plate");
  const sheet = (await page.locator(".plate-choice a").first().getAttribute("href"))!;
  for (const { lang, mode, least } of READERS) {
    await like(page, lang, mode);
    for (const path of ["/m/plate", sheet, `/m/receipts/${payment}/print`]) {
      await page.goto(path);
      await accessible(page);
      await easyToTap(page, least);
    }
  }
});
