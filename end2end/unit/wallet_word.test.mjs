// What the waiting page tells the server of its wallet's answer: one word of a fixed list, once, and never the wallet's text.
// Run with `node --test end2end/unit/`.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

const script = readFileSync(new URL("../../public/result.js", import.meta.url), "utf8");
const PAGE = "/p/demo/0196f3a2b1c47d8e9f00112233445566";
const settled = () => new Promise((done) => setTimeout(done, 5));

/** Runs the script on a waiting page whose wallet answers so; answers the addresses that it asked, in order. */
async function asked(answer, fails = 0) {
  const addresses = [];
  const timers = [];
  const box = { dataset: { poll: PAGE, bridge: "{}" }, querySelectorAll: () => [] };
  const parts = { "[data-poll]": box, "#net": { hidden: true }, "[data-for=pending]": { hidden: false }, "#bridge": { addEventListener() {} } };
  const world = {
    document: { querySelector: (selector) => parts[selector] ?? null, addEventListener() {} },
    sessionStorage: {},
    location: { replace() {} },
    setTimeout: (act) => timers.push(act),
    clearTimeout() {},
    WeixinJSBridge: { invoke: (name, call, done) => done(answer) },
    async fetch(address) {
      addresses.push(address);
      if (addresses.length <= fails) throw new Error("offline");
      return { json: async () => ({ state: "pending", receipt: null }) };
    },
  };
  world.self = world;
  vm.runInNewContext(script, world);
  for (let turn = 0; turn < fails + 1; turn++) {
    await settled();
    timers.at(-1)();
  }
  await settled();
  return addresses;
}

const fail = (err_desc, err_msg = "get_brand_wcpay_request:fail") => ({ err_msg, err_desc });
const TABLE = [
  [{ err_msg: "get_brand_wcpay_request:ok" }, "opened"],
  [{ err_msg: "get_brand_wcpay_request:cancel" }, "opened"],
  [fail("当前页面的URL未注册：https://pay.example.com/p/demo/1"), "directory"],
  [fail(undefined, "get_brand_wcpay_request:fail_the current URL is not registered"), "directory"],
  [fail("支付验证签名失败"), "signature"],
  [fail(undefined, "getBrandWCPayRequest:fail_invalid signature"), "signature"],
  [fail("张小明的银行卡余额不足"), "failed"],
  [fail(undefined), "failed"],
  [undefined, "failed"],
];

for (const [answer, word] of TABLE) {
  test(`${JSON.stringify(answer)} is told as ${word}, once`, async () => {
    assert.deepEqual(await asked(answer), [`${PAGE}?wallet=${word}`, PAGE]);
  });
}

test("a word that got lost on the way is told again", async () => {
  assert.deepEqual(await asked(TABLE[2][0], 2), [...Array(3).fill(`${PAGE}?wallet=directory`), PAGE]);
});
