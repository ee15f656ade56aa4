// What a payer does on the payer's pages, in a payer's words.
import { expect, type Page } from "@playwright/test";
import { Sim } from "./sim";

export type Answers = { student: string; class?: string; remark?: string };

let made = 0;

/** A name that no other story uses, so that it finds its own payment again. */
export function somebody(): string {
  return `学生${process.pid.toString(36)}${Date.now().toString(36).slice(-5)}${(made++).toString(36)}`;
}

/** Taps the amount into the keypad. */
export async function tapAmount(page: Page, amount: string): Promise<void> {
  for (const key of amount) await page.locator(".pad").getByRole("button", { name: key, exact: true }).tap();
}

export async function answer(page: Page, answers: Answers): Promise<void> {
  await page.locator("[name='field.student']").fill(answers.student);
  if (answers.class) await page.getByRole("radio", { name: answers.class }).check();
  if (answers.remark) await page.locator("[name='field.remark']").fill(answers.remark);
}

/** The amount by the keypad, the answers by the keyboard. */
export async function fillIn(page: Page, amount: string, answers: Answers): Promise<void> {
  await tapAmount(page, amount);
  await answer(page, { class: "三年二班", ...answers });
}

export function payButton(page: Page) {
  return page.locator(".pad .go");
}

/** The payment's number, from the address of its page. */
export function paymentOf(page: Page): string {
  const found = /\/p\/[^/]+\/([0-9a-f]{32})/.exec(page.url());
  if (!found) throw new Error(`${page.url()} is no payment's page`);
  return found[1];
}

/** The receipt is shown, with this amount. Answers its address. */
export async function receiptShown(page: Page, amount: string, words = "付款成功"): Promise<string> {
  await page.waitForURL(/\/r\//);
  await expect(page.getByRole("heading", { level: 2 })).toHaveText(words);
  await expect(page.locator(".card .money").first()).toHaveText(`¥${amount}`);
  return page.url();
}

/** What the receipt says beside a label. */
export function said(page: Page, label: string) {
  return page.locator(`dt:text-is("${label}") + dd`);
}

export type Opened = { payment: string; page: string };

/** Submits the form as any HTTP client may, and asks for an order to be paid by a scanned code. */
export async function openByDoor(payUrl: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Opened> {
  const answer = await fetch(payUrl, { method: "POST", redirect: "manual", body: new URLSearchParams(fields), headers });
  const location = answer.headers.get("location");
  if (answer.status !== 303 || !location) throw new Error(`POST ${payUrl} answered ${answer.status}`);
  const page = new URL(location, payUrl).href;
  const shown = await fetch(page, { headers });
  if (!shown.ok) throw new Error(`GET ${page} answered ${shown.status}`);
  return { payment: page.slice(page.lastIndexOf("/") + 1), page };
}

/** Opens a payment and pays it, both without a browser; answers when it has its receipt. */
export async function payByDoor(sim: Sim, payUrl: string, fields: Record<string, string>): Promise<Opened & { receipt: string }> {
  const opened = await openByDoor(payUrl, fields);
  await sim.pay(opened.payment);
  let status: Status = { state: "", receipt: null };
  await expect.poll(async () => (status = await statusOf(opened.page)).state, { timeout: 20_000 }).toBe("paid");
  return { ...opened, receipt: new URL(status.receipt!, payUrl).href };
}

export type Status = { state: string; receipt: string | null };

/** What the payment's page says to programs. */
export async function statusOf(page: string): Promise<Status> {
  const answer = await fetch(page, { headers: { accept: "application/json" } });
  return (await answer.json()) as Status;
}
