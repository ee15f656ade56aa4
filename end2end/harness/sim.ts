// The simulator's control doors (documented at its GET /_sim), and WeChat's bridge for a page, answered through them.
import type { Page } from "@playwright/test";

export type Order = { out_trade_no: string; prepay_id?: string; trade_state?: string; [field: string]: unknown };
export type Sent = { [field: string]: unknown };
export type Fault = { door: string; fault: string; times?: number };

/** What the person does in WeChat's payment sheet. `unsaid`: pays, but nobody tells the merchant. `absent`: there is no bridge. */
export type Hand = "pays" | "cancels" | "fails" | "unsaid" | "absent";

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

  /** Pays as `openid`; `notify: false` means paid, but the merchant is not told. */
  async pay(outTradeNo: string, { openid = "o-e2e-payer", notify = true } = {}): Promise<void> {
    await this.ask("POST", `/_sim/orders/${outTradeNo}/pay`, { openid, notify });
  }

  /** The next `times` calls of `door` go wrong as `fault` says. Doors are shared: use it in a `test.describe.serial` only. */
  async fault(fault: Fault): Promise<void> {
    await this.ask("POST", "/_sim/faults", { times: 1, ...fault });
  }

  async clearFaults(): Promise<void> {
    await this.ask("DELETE", "/_sim/faults");
  }

  /** Mails, SMS and WeChat messages, newest first. */
  async outbox(): Promise<Sent[]> {
    return (await this.ask("GET", "/_sim/outbox")).items;
  }

  /**
   * Gives `page` a WeixinJSBridge whose payment sheet is handled by `hand`. Call it before the page opens. Answers the list of calls
   * that the page makes, which grows.
   */
  async bridge(page: Page, hand: Hand = "pays"): Promise<BridgeCall[]> {
    const calls: BridgeCall[] = [];
    if (hand === "absent") return calls;
    await page.exposeBinding("__shoumaBridge", async (_source, name: string, call: BridgeCall) => {
      if (name !== "getBrandWCPayRequest") return { err_msg: `${name}:ok` };
      calls.push(call);
      if (hand === "cancels") return { err_msg: "get_brand_wcpay_request:cancel" };
      if (hand === "fails" || !complete(call)) return { err_msg: "get_brand_wcpay_request:fail" };
      const prepayId = call.package.replace(/^prepay_id=/, "");
      const order = (await this.orders()).find((order) => order.prepay_id === prepayId);
      if (!order) return { err_msg: "get_brand_wcpay_request:fail" };
      await this.pay(order.out_trade_no, { notify: hand !== "unsaid" });
      return { err_msg: "get_brand_wcpay_request:ok" };
    });
    await page.addInitScript(() => {
      const ask = (window as any).__shoumaBridge as (name: string, call: unknown) => Promise<unknown>;
      (window as any).WeixinJSBridge = {
        invoke: (name: string, call: unknown, answer?: (result: unknown) => void) => void ask(name, call).then((it) => answer?.(it)),
        on: () => {},
        call: () => {},
      };
      document.addEventListener("DOMContentLoaded", () => document.dispatchEvent(new Event("WeixinJSBridgeReady")));
    });
    return calls;
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

function complete(call: BridgeCall): boolean {
  const values = [call.appId, call.timeStamp, call.nonceStr, call.package, call.paySign];
  return values.every((value) => typeof value === "string" && value !== "") && call.signType === "RSA";
}
