// The simulator's control doors (documented at its GET /_sim), and WeChat's bridge for a page, answered through them.
import type { Page } from "@playwright/test";

export type Order = { out_trade_no: string; prepay_id?: string; trade_state?: string; [field: string]: unknown };
export type Sent = { [field: string]: unknown };
/** `only`: strikes where path, body or order number contains this text, so that a story troubles nobody but itself. */
export type Fault = { door: string; fault: string; times?: number; only?: string; ms?: number; copies?: number; amount_fen?: number };

/** What the person does in WeChat's payment sheet, and what the page hears of it. `absent`: there is no bridge. */
export type Hand = "pays" | "cancels" | "pays, nobody is told" | "pays, page hears fail" | "cancels, then pays" | "absent";

const ACTIONS: Record<Exclude<Hand, "absent">, string> = {
  pays: "pay",
  cancels: "cancel",
  "pays, nobody is told": "pay-silently",
  "pays, page hears fail": "pay-say-fail",
  "cancels, then pays": "cancel-then-ok",
};

export class Sim {
  constructor(readonly url: string) {}

  /** Newest first. */
  async orders(): Promise<Order[]> {
    return (await this.ask("GET", "/_sim/orders")).items;
  }

  async order(outTradeNo: string): Promise<Order> {
    const found = (await this.orders()).find((order) => order.out_trade_no === outTradeNo);
    if (!found) throw new Error(`the simulator knows no order ${outTradeNo}`);
    return found;
  }

  /** Pays as its owner or, for a scanned code, as somebody new; `notify: false` means paid, but the merchant is not told. */
  async pay(outTradeNo: string, how: { openid?: string; notify?: boolean; amount_fen?: number; force?: boolean } = {}): Promise<void> {
    await this.ask("POST", `/_sim/orders/${outTradeNo}/pay`, how);
  }

  /** Sends the notices of a paid order now, however often they were sent before; answers how each delivery went. */
  async notify(outTradeNo: string, how: { copies?: number; shuffle?: boolean; fault?: string } = {}): Promise<{ status?: number }[]> {
    return (await this.ask("POST", `/_sim/orders/${outTradeNo}/notify`, how)).attempts;
  }

  /** The next `times` calls of `door` go wrong as `fault` says. Doors are shared: say `only`, or stand in `stories/alone`. */
  async fault(fault: Fault): Promise<void> {
    await this.ask("POST", "/_sim/faults", { times: 1, ...fault });
  }

  /** How long refunds take from now on, to the wallet's change and to a card, for everybody. */
  async refundDelays(delays: { change_ms: number; card_ms: number }): Promise<void> {
    await this.ask("POST", "/_sim/refund-delays", delays);
  }

  async clearFaults(): Promise<void> {
    await this.ask("DELETE", "/_sim/faults");
  }

  /** Mails, SMS and WeChat messages, newest first. */
  async outbox(): Promise<Sent[]> {
    return (await this.ask("GET", "/_sim/outbox")).items;
  }

  /**
   * Gives `page` a WeixinJSBridge whose payment sheet is handled by `hand`, and adds what the page asks of it to `calls`. Call it
   * before the page opens.
   */
  async bridge(page: Page, hand: Hand, calls: BridgeCall[]): Promise<void> {
    if (hand === "absent") return;
    await page.exposeBinding("__shoumaBridge", async (_source, name: string, call: BridgeCall): Promise<string[]> => {
      if (name !== "getBrandWCPayRequest") return [`${name}:ok`];
      calls.push(call);
      // The simulator checks the six values and the signature as the wallet does.
      const answer = await this.ask("POST", "/_sim/bridge", { ...call, action: ACTIONS[hand] });
      return (answer.results ?? ["fail"]).map((result: string) => `get_brand_wcpay_request:${result}`);
    });
    await page.addInitScript(() => {
      const ask = (window as any).__shoumaBridge as (name: string, call: unknown) => Promise<string[]>;
      (window as any).WeixinJSBridge = {
        invoke: async (name: string, call: unknown, answer?: (result: unknown) => void) => {
          for (const err_msg of await ask(name, call)) {
            answer?.({ err_msg });
            await new Promise((later) => setTimeout(later, 500));
          }
        },
        on: () => {},
        call: (name: string) => void (document.documentElement.dataset.called = name),
      };
      document.addEventListener("DOMContentLoaded", () => document.dispatchEvent(new Event("WeixinJSBridgeReady")));
    });
  }

  private async ask(method: string, path: string, body?: unknown): Promise<any> {
    const answer = await fetch(this.url + path, {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`simulator: ${method} ${path} answered ${answer.status}: ${text}`);
    return text ? JSON.parse(text) : undefined;
  }
}

/** The six values that the sheet wants, all of them text. */
export type BridgeCall = { appId: string; timeStamp: string; nonceStr: string; package: string; signType: string; paySign: string };
