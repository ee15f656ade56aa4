// Who reads the pages: in both languages, in the standard mode and in the care mode (长辈版), with the least size of what they tap.
import type { Page } from "@playwright/test";

/** The words of the mode, as addresses have them and the cookie keeps them. */
export type Mode = "standard" | "care";

export const READERS = [
  { lang: "zh", mode: "standard", least: 44 },
  { lang: "en", mode: "standard", least: 44 },
  { lang: "zh", mode: "care", least: 60 },
  { lang: "en", mode: "care", least: 60 },
] as const;

/** From the next page on, this browser's reader is another one. */
export async function like(page: Page, lang: "zh" | "en", mode: Mode): Promise<void> {
  const url = process.env.SHOUMA_E2E_URL!;
  await page.context().addCookies([{ name: "lang", value: lang, url }, { name: "mode", value: mode, url }]);
}
