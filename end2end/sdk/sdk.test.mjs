// An SDK that others wrote drives the simulator with nothing but the base URL changed, once per key mode.
// SHOUMA_SIM_BIN names the shouma-sim program; without it the release build of this checkout is taken.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import sdk from "wechatpay-axios-plugin";

const { Wechatpay, Rsa, Aes, Formatter } = sdk;

const freePort = () =>
  new Promise((resolve, reject) => {
    const socket = createSocket().once("error", reject).listen(0, "127.0.0.1", () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });

async function waitUntil(what, condition) {
  for (const end = Date.now() + 20_000; Date.now() < end; ) {
    const value = await condition();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what} did not happen within 20 s`);
}

/** A merchant's notify address: keeps what arrives, answers 204. */
async function openInbox() {
  const arrived = [];
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      arrived.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(204).end();
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { arrived, url: `http://127.0.0.1:${server.address().port}/notify/wechat`, close: () => server.close() };
}

/** Starts a simulator of its own and reads what a merchant configures. */
async function openSimulator(mode) {
  const program = process.env.SHOUMA_SIM_BIN ?? fileURLToPath(new URL("../../target/release/shouma-sim", import.meta.url));
  assert.ok(existsSync(program), `${program} is missing: build it, or name another one in SHOUMA_SIM_BIN`);
  const [port, dir] = [await freePort(), mkdtempSync(join(tmpdir(), "shouma-sim-"))];
  const child = spawn(program, [], {
    env: {
      ...process.env, SHOUMA_SIM_LISTEN: `127.0.0.1:${port}`, SHOUMA_SIM_PUBLIC_URL: `http://127.0.0.1:${port}`, SHOUMA_SIM_DIR: dir,
      SHOUMA_SIM_KEY_MODE: mode, SHOUMA_SIM_REFUND_CHANGE_MS: "300",
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const base = `http://127.0.0.1:${port}`;
  const merchant = await waitUntil("the simulator's start", () => fetch(`${base}/_sim/merchant`).then((answer) => answer.json(), () => null));
  const close = async () => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
    rmSync(dir, { recursive: true, force: true });
  };
  return { base, merchant, close };
}

const control = (base, path, body) =>
  fetch(`${base}/_sim${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }).then((a) => a.json());

/** The code of a refusal; fails when nothing was refused. */
async function refused(call) {
  try {
    await call;
  } catch (error) {
    return [error.response?.status, error.response?.data?.code];
  }
  return assert.fail("the call was not refused");
}

// In mode both the merchant asks for the public key, as during a switch, and holds both verifiers.
for (const mode of ["certificate", "public-key", "both"]) {
  describe(`in ${mode} mode`, () => {
    let simulator, merchant, base, inbox, pay, certs;
    const number = (tail) => `SDK${mode.replace("-", "")}${tail}`;

    before(async () => {
      [simulator, inbox] = [await openSimulator(mode), await openInbox()];
      ({ merchant, base } = simulator);
      const certificate = { [merchant.platform_certificate_serial_no]: merchant.platform_certificate_pem };
      const publicKey = { [merchant.wechatpay_public_key_id]: Rsa.from(merchant.wechatpay_public_key_pem, Rsa.KEY_TYPE_PUBLIC) };
      certs = { certificate, "public-key": publicKey, both: { ...certificate, ...publicKey } }[mode];
      pay = new Wechatpay({
        baseURL: `${base}/`,
        mchid: merchant.mchid,
        serial: merchant.merchant_serial_no,
        privateKey: Rsa.from(merchant.merchant_private_key_pem, Rsa.KEY_TYPE_PRIVATE),
        certs: { ...certs },
        headers: mode === "both" ? { "Wechatpay-Serial": merchant.wechatpay_public_key_id } : {},
        proxy: false,
      });
    });

    after(async () => {
      inbox?.close();
      await simulator?.close();
    });

    const order = (no) => ({
      appid: merchant.appid, mchid: merchant.mchid, description: "午餐", out_trade_no: no, attach: "三年二班",
      notify_url: inbox.url, amount: { total: 1250, currency: "CNY" },
    });

    const query = (no) => pay.v3.pay.transactions.outTradeNo._no_.get({ no, params: { mchid: merchant.mchid } });

    /** Verifies and opens a notice with the SDK's own tools. */
    function read({ headers, body }) {
      const signed = Formatter.response(headers["wechatpay-timestamp"], headers["wechatpay-nonce"], body);
      const key = certs[headers["wechatpay-serial"]];
      assert.ok(key, `a notice is signed by ${headers["wechatpay-serial"]}`);
      assert.ok(Rsa.verify(signed, headers["wechatpay-signature"], Rsa.from(key, Rsa.KEY_TYPE_PUBLIC)));
      const notice = JSON.parse(body);
      const { ciphertext, nonce, associated_data: data } = notice.resource;
      return [notice.event_type, JSON.parse(Aes.AesGcm.decrypt(ciphertext, merchant.api_v3_key, nonce, data))];
    }

    test("a JSAPI order is made, queried, paid, told, refunded, told again", async () => {
      const no = number("1");
      const { data: ordered } = await pay.v3.pay.transactions.jsapi.post({ ...order(no), payer: { openid: "oPayer" } });
      assert.match(ordered.prepay_id, /^wx/);
      const { data: unpaid, headers } = await query(no);
      assert.equal(unpaid.trade_state, "NOTPAY");
      const asked = mode === "certificate" ? merchant.platform_certificate_serial_no : merchant.wechatpay_public_key_id;
      assert.equal(headers["wechatpay-serial"], asked);

      await control(base, `/orders/${no}/pay`, { openid: "oPayer", notify: true });
      await waitUntil("the payment's notice", () => inbox.arrived.length === 1);
      const [event, told] = read(inbox.arrived[0]);
      const { data: paid } = await query(no);
      assert.equal(event, "TRANSACTION.SUCCESS");
      assert.deepEqual(told, paid);
      assert.equal(paid.attach, "三年二班");
      const byId = await pay.v3.pay.transactions.id._id_.get({ id: paid.transaction_id, params: { mchid: merchant.mchid } });
      assert.deepEqual(byId.data, paid);

      const amount = { refund: 250, total: 1250, currency: "CNY" };
      const { data: refund } = await pay.v3.refund.domestic.refunds.post({ out_trade_no: no, out_refund_no: `${no}-R`, notify_url: inbox.url, amount });
      assert.equal(refund.status, "PROCESSING");
      await waitUntil("the refund's notice", () => inbox.arrived.length === 2);
      const [refundEvent, refundTold] = read(inbox.arrived[1]);
      assert.deepEqual([refundEvent, refundTold.refund_status], ["REFUND.SUCCESS", "SUCCESS"]);
      const { data: done } = await pay.v3.refund.domestic.refunds._no_.get({ no: `${no}-R` });
      assert.deepEqual([done.status, done.amount.refund], ["SUCCESS", 250]);
    });

    test("a Native order is made and closed, twice", async () => {
      const no = number("2");
      const { data } = await pay.v3.pay.transactions.native.post(order(no));
      assert.match(data.code_url, /^weixin:\/\/wxpay\/bizpayurl\?pr=/);
      for (const _ of [1, 2]) {
        const { status } = await pay.v3.pay.transactions.outTradeNo._no_.close.post({ mchid: merchant.mchid }, { no });
        assert.equal(status, 204);
      }
      assert.equal((await query(no)).data.trade_state, "CLOSED");
    });

    test("refusals carry WeChat Pay's codes", async () => {
      assert.deepEqual(await refused(query(number("none"))), [404, "ORDER_NOT_EXIST"]);
      assert.deepEqual(await refused(pay.v3.pay.transactions.native.post({ ...order(number("3")), colour: "red" })), [400, "PARAM_ERROR"]);
      const stranger = new Wechatpay({
        baseURL: `${base}/`, mchid: "1900000000", serial: merchant.merchant_serial_no,
        privateKey: Rsa.from(merchant.merchant_private_key_pem, Rsa.KEY_TYPE_PRIVATE), certs: { ...certs }, proxy: false,
      });
      assert.deepEqual(await refused(stranger.v3.pay.transactions.native.post(order(number("3")))), [401, "SIGN_ERROR"]);
    });

    test("a spoiled answer is noticed by the SDK", async () => {
      for (const [fault, expected] of [
        ["wrong-signature", "EV3_RES_HEADER_SIGNATURE_DIGEST"],
        ["unknown-serial", "EV3_RES_HEADER_PLATFORM_SERIAL"],
        ["stale", "EV3_RES_HEADER_TIMESTAMP_OFFSET"],
        ["unsigned", "EV3_RES_HEADERS_INCOMPLATE"],
        ["truncated", "EV3_RES_HEADER_SIGNATURE_DIGEST"],
      ]) {
        await control(base, "/faults", { door: "query", fault, times: 1 });
        await assert.rejects(query(number("1")), { code: expected }, fault);
      }
      assert.equal((await query(number("1"))).status, 200);
    });

    test("certificates are there or not, as the mode says", async () => {
      if (mode === "public-key") {
        assert.deepEqual(await refused(pay.v3.certificates.get()), [404, "RESOURCE_NOT_EXISTS"]);
        return;
      }
      const { data } = await pay.v3.certificates.get();
      const [{ serial_no: serial, encrypt_certificate: sealed }] = data.data;
      const pem = Aes.AesGcm.decrypt(sealed.ciphertext, merchant.api_v3_key, sealed.nonce, sealed.associated_data);
      assert.equal(pem, merchant.platform_certificate_pem);
      assert.equal(new X509Certificate(pem).serialNumber, serial);
    });

    test("a bill of an earlier day is fetched, checked and read", async () => {
      const day = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
      const { data: bill } = await pay.v3.bill.tradebill.get({ params: { bill_date: day, bill_type: "ALL", tar_type: "GZIP" } });
      const token = new URL(bill.download_url).searchParams.get("token");
      const { data: file } = await pay.v3.billdownload.file.get({ params: { token }, responseType: "arraybuffer", transformResponse: (raw) => raw });
      const text = gunzipSync(Buffer.from(file));
      assert.equal(createHash("sha1").update(text).digest("hex"), bill.hash_value);
      const { rows, summary } = Formatter.castCsvBill(text);
      assert.deepEqual([rows.length, summary["总交易单数"], summary["应结订单总金额"]], [0, "0", "0.00"]);
    });
  });
}
