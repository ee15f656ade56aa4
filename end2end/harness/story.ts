// What every story starts from: `import { test, expect } from "../harness/story"`.
//
//   wechatPage   a phone inside WeChat (375 x 812), with a bridge whose sheet pays unless `test.use({ hand: "cancels" })`
//   desktopPage  an administrator's browser; `test.use({ desk: {..} })` says how it differs from the usual one
//   sim          the simulator's control doors
//   bridgeCalls  what the phones of this story asked of their bridges
//   newPhone     further phones, for stories with two people
//
// On each of these pages a CSP violation, a console error, an uncaught error or an address that asks for a look which nobody knows
// (`?mode=plain`) fails the story at its end, unless the story said `test.use({ expectedErrors: /…/ })` for an error that it provokes
// (a blocked file, a refused request).
import AxeBuilder from "@axe-core/playwright";
import { test as base, expect, type Browser, type BrowserContextOptions, type Locator, type Page } from "@playwright/test";
import { DESKTOP, PHONE } from "./devices";
import { Sim, type BridgeCall, type Hand } from "./sim";

export { expect, type Page };

type Options = { hand: Hand; expectedErrors: RegExp | null; desk: BrowserContextOptions };
type Fixtures = {
  sim: Sim;
  bridgeCalls: BridgeCall[];
  newPhone: (hand?: Hand) => Promise<Page>;
  wechatPage: Page;
  desktopPage: Page;
};

export const test = base.extend<Options & Fixtures>({
  hand: ["pays", { option: true }],
  expectedErrors: [null, { option: true }],
  desk: [{}, { option: true }],

  baseURL: async ({}, use) => use(env("SHOUMA_E2E_URL")),

  sim: async ({}, use) => use(new Sim(env("SHOUMA_E2E_SIM_URL"))),

  bridgeCalls: async ({}, use) => use([]),

  newPhone: async ({ browser, sim, hand, baseURL, expectedErrors, bridgeCalls, javaScriptEnabled }, use) => {
    const errors: string[] = [];
    await withPages(browser, async (open) => {
      await use(async (own = hand) => {
        const page = await open({ ...PHONE, baseURL, javaScriptEnabled }, errors);
        await sim.bridge(page, own, bridgeCalls);
        return page;
      });
    });
    judge(errors, expectedErrors);
  },

  wechatPage: async ({ newPhone }, use) => use(await newPhone()),

  desktopPage: async ({ browser, desk, baseURL, expectedErrors, javaScriptEnabled }, use) => {
    const errors: string[] = [];
    await withPages(browser, async (open) => use(await open({ ...DESKTOP, ...desk, baseURL, javaScriptEnabled }, errors)));
    judge(errors, expectedErrors);
  },
});

type Open = (options: BrowserContextOptions, errors: string[]) => Promise<Page>;

async function withPages(browser: Browser, story: (open: Open) => Promise<void>): Promise<void> {
  const contexts: { close(): Promise<void> }[] = [];
  await story(async (options, errors) => {
    const context = await browser.newContext(options);
    contexts.push(context);
    context.on("page", (page) => watch(page, errors));
    return context.newPage();
  });
  await Promise.all(contexts.map((context) => context.close()));
}

/** Collects what went wrong unseen. Chromium reports a CSP violation as a console error too, also where the page catches the event. */
function watch(page: Page, errors: string[]): void {
  page.on("console", (message) => {
    if (message.type() === "error" || /Content Security Policy/i.test(message.text())) {
      errors.push(`console: ${message.text()} (${message.location().url})`);
    }
  });
  page.on("pageerror", (error) => errors.push(`uncaught: ${error.stack ?? error.message}`));
  // The server passes over a word that it does not know, and the story would go on in another look than it says.
  page.on("framenavigated", (frame) => errors.push(...unknownLooks(frame.url())));
}

/** The words by which an address chooses how pages look. */
const LOOKS: Record<string, string[]> = { lang: ["zh", "en"], theme: ["auto", "light", "dark"], mode: ["standard", "care"] };

function unknownLooks(url: string): string[] {
  const asked = URL.canParse(url) ? [...new URL(url).searchParams] : [];
  return asked.filter(([name, word]) => LOOKS[name] && !LOOKS[name].includes(word)).map(([name, word]) => `no such look: ${name}=${word} (${url})`);
}

function judge(errors: string[], expected: RegExp | null): void {
  const surprises = errors.filter((error) => !expected?.test(error));
  expect(surprises, "the browser reported errors during the story").toEqual([]);
}

/** No violation of WCAG 2.2 A and AA on what the page shows now; in dark only the colours can differ. */
export async function accessible(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const axe = new AxeBuilder({ page });
    const asked = colorScheme === "light" ? axe.withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]) : axe.withRules(["color-contrast"]);
    const found = await asked.analyze();
    const told = found.violations.map((it) => `${it.id}: ${it.help}: ${it.nodes.map((node) => node.target.join(" ")).join(", ")}`);
    expect(told, `axe, ${colorScheme}, ${page.url()}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
}

/** At the smallest phone's width nothing is wider than the screen. */
export async function fitsSmallScreens(page: Page): Promise<void> {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 568 });
  const wide = await page.evaluate(() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const beyond = [...document.body.querySelectorAll("*")].filter((it) => it.getBoundingClientRect().right > root.clientWidth + 1);
    return beyond.map((it) => `<${it.localName} class="${it.getAttribute("class") ?? ""}">`).concat("the page scrolls sideways");
  });
  expect(wide, `no horizontal scroll at 320 px, ${page.url()}`).toEqual([]);
  if (before) await page.setViewportSize(before);
}

/** WeChat lets people enlarge its letters from 16 px to this. */
const LARGEST_PX = 26;

/** Nothing is wider than the phone, no words are cut off, and every button lies within the page with all of its words. */
export async function holdsLargeLetters(page: Page): Promise<void> {
  await page.evaluate((size) => (document.documentElement.style.fontSize = `${size}px`), LARGEST_PX);
  for (const width of [320, 375]) {
    await page.setViewportSize({ width, height: 812 });
    const cut = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("h1, h2, p, label, a, button, dt, dd, summary, output, legend")]
        .filter((it) => it.checkVisibility({ visibilityProperty: true }) && !it.closest(".unseen, .skip, .mark, svg"))
        .filter((it) => getComputedStyle(it).display !== "inline" && it.clientWidth > 0)
        .filter((it) => it.scrollWidth > it.clientWidth + 1 || (it.scrollHeight > it.clientHeight + 4 && getComputedStyle(it).overflowY === "hidden"))
        .map((it) => `<${it.localName} class="${it.className}"> ${it.textContent?.trim().slice(0, 20)}: ${it.scrollWidth} x ${it.scrollHeight} in ${it.clientWidth} x ${it.clientHeight}`),
    );
    expect(cut, `cut off at ${width} px, ${page.url()}`).toEqual([]);
  }
  await fitsSmallScreens(page);
  await page.setViewportSize({ width: 375, height: 812 });
}

/** Whatever can be tapped is at least 44 px high and wide; a control inside its label is as large as the label. */
export async function easyToTap(page: Page, least = 44): Promise<void> {
  const small = await page.evaluate((least) => {
    const targets = [...document.querySelectorAll<HTMLElement>("a[href], button, input:not([type=hidden]), select, summary, textarea")];
    const found: string[] = [];
    for (const target of targets) {
      const label = target.closest("label");
      const { width, height, bottom } = (label ?? target).getBoundingClientRect();
      // Not shown, or shown only when the keyboard reaches it (a skip link above the screen).
      const shown = target.checkVisibility({ visibilityProperty: true, opacityProperty: false }) && width > 0 && bottom > 0;
      // Half a pixel is what rounding takes away.
      if (shown && (width < least - 0.5 || height < least - 0.5)) {
        found.push(`<${target.localName} class="${target.className}"> ${target.textContent?.trim().slice(0, 20)}: ${width.toFixed(1)} x ${height.toFixed(1)}`);
      }
    }
    return found;
  }, least);
  expect(small, `targets below ${least} px, ${page.url()}`).toEqual([]);
}

/** Everybody can read it, reach it and tap it: light and dark, the smallest phone, the thumb. */
export async function decent(page: Page, least?: number): Promise<void> {
  await accessible(page);
  await fitsSmallScreens(page);
  await easyToTap(page, least);
}

/**
 * A long number reads well and copies whole: no group of digits is torn apart, at most two lines, and what the clipboard would get
 * is the number and nothing else. Answers the number.
 */
export async function copiesWhole(number: Locator): Promise<string> {
  const { lines, torn, copied } = await number.evaluate((it) => {
    const groups = [...it.querySelectorAll("i")];
    getSelection()!.selectAllChildren(it);
    const copied = getSelection()!.toString();
    getSelection()!.removeAllRanges();
    const tops = new Set(groups.map((group) => Math.round(group.getBoundingClientRect().top)));
    return { lines: tops.size, torn: groups.filter((group) => group.getClientRects().length > 1).length, copied };
  });
  expect({ torn, lines: lines <= 2 ? "at most two" : lines }, "a number in whole groups").toEqual({ torn: 0, lines: "at most two" });
  expect(copied).toBe(await number.textContent());
  expect(copied).toMatch(/^[0-9a-f]{28}([0-9a-f]{4})?$/);
  return copied;
}

/** Waits until the bundle has taken over: before that a tap reaches only what works without script. */
export async function hydrated(page: Page): Promise<void> {
  await page.locator("html[data-hydrated]").waitFor({ state: "attached" });
}

function env(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: harness/demo.ts sets it, run the stories with make e2e`);
  return value;
}
