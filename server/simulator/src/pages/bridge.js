// A stand-in for WeixinJSBridge in ordinary browsers. It belongs to the payment simulator and says so on its face.
// Styles are set through properties only, so that a strict content security policy can allow this script by its origin.
(function () {
  "use strict";
  if (window.WeixinJSBridge) return;
  var base = new URL(document.currentScript.src).origin;
  var english = !/^zh/i.test(document.documentElement.lang || navigator.language || "zh");
  var words = english
    ? {
        title: "Simulated wallet", note: "A simulator for developers. No real money moves.", pay: "Pay", cancel: "Cancel",
        more: "Try a difficult case", silent: "Pay, but tell nobody", late: "Cancel first, then paid", denied: "Paid, but the page hears “failed”",
        broken: "The simulator does not answer.",
      }
    : {
        title: "模拟支付", note: "这是开发用的模拟器，不会动用真实的钱。", pay: "支付", cancel: "取消",
        more: "试试麻烦的情况", silent: "支付，但不通知任何人", late: "先报取消，随后支付成功", denied: "已支付，但页面得到“失败”",
        broken: "模拟器没有响应。",
      };
  var dark = window.matchMedia && window.matchMedia("(prefers-color-scheme: dark)").matches;
  var color = dark
    ? { surface: "#171e1a", ink: "#e7eeea", ink2: "#9fb0a6", line: "#29332d", brand: "#4cc38a", onBrand: "#06210f", warn: "#f2b84b", warnSoft: "#33270f" }
    : { surface: "#ffffff", ink: "#15211a", ink2: "#55635b", line: "#dde3de", brand: "#0b7a3e", onBrand: "#ffffff", warn: "#8a5200", warnSoft: "#fff3da" };

  function make(tag, text, style) {
    var element = document.createElement(tag);
    if (text) element.textContent = text;
    Object.keys(style || {}).forEach(function (name) { element.style[name] = style[name]; });
    return element;
  }

  function ask(call, action) {
    var body = {};
    ["appId", "timeStamp", "nonceStr", "package", "signType", "paySign"].forEach(function (name) { body[name] = call[name]; });
    body.page = location.href;
    if (action) body.action = action;
    // Plain text needs no preflight; the simulator reads JSON whatever it is called.
    return fetch(base + "/_sim/bridge", { method: "POST", credentials: "omit", headers: { "Content-Type": "text/plain" }, body: JSON.stringify(body) })
      .then(function (answer) { return answer.json(); })
      .catch(function () { return { ok: false, results: ["fail"], err_desc: words.broken }; });
  }

  function say(callback, answer) {
    (answer.results || ["fail"]).forEach(function (result, index) {
      var message = { err_msg: "get_brand_wcpay_request:" + result };
      if (answer.err_desc) message.err_desc = answer.err_desc;
      setTimeout(function () { if (callback) callback(message); }, index * 800);
    });
  }

  function button(action, label, main) {
    var element = make("button", label, {
      display: "block", width: "100%", minHeight: "48px", margin: "0 0 12px", padding: "8px 16px", borderRadius: "12px", cursor: "pointer",
      border: "1px solid " + (main ? color.brand : color.line), background: main ? color.brand : color.surface,
      color: main ? color.onBrand : color.ink, font: "inherit", fontSize: main ? "18px" : "16px", fontWeight: main ? "600" : "400",
    });
    element.type = "button";
    element.dataset.sim = action;
    return element;
  }

  function overlay(order, choose) {
    var before = document.activeElement;
    var shade = make("div", "", {
      position: "fixed", inset: "0", zIndex: "2147483000", display: "flex", alignItems: "flex-end", justifyContent: "center", background: "rgba(0,0,0,.5)",
    });
    var sheet = make("div", "", {
      width: "100%", maxWidth: "480px", maxHeight: "100%", overflow: "auto", boxSizing: "border-box", padding: "24px 16px", borderRadius: "20px 20px 0 0",
      background: color.surface, color: color.ink, font: '16px/1.5 -apple-system, "PingFang SC", "Noto Sans CJK SC", system-ui, sans-serif',
    });
    sheet.setAttribute("role", "dialog");
    sheet.setAttribute("aria-modal", "true");
    sheet.setAttribute("aria-label", words.title);
    shade.dataset.sim = "overlay";
    sheet.append(
      make("p", words.title, { margin: "0 0 8px", fontWeight: "600", textAlign: "center" }),
      make("p", words.note, { margin: "0 0 16px", padding: "8px 12px", borderRadius: "8px", background: color.warnSoft, color: color.warn, textAlign: "center" }),
      make("p", order.description, { margin: "0", textAlign: "center", overflowWrap: "anywhere" }),
      make("p", "¥" + (order.amount_fen / 100).toFixed(2), { margin: "0 0 16px", fontSize: "40px", fontWeight: "600", textAlign: "center" })
    );
    var more = make("details", "", { color: color.ink2 });
    var summary = make("summary", words.more, { minHeight: "44px", lineHeight: "44px", cursor: "pointer", textAlign: "center" });
    more.append(summary, button("pay-silently", words.silent), button("cancel-then-ok", words.late), button("pay-say-fail", words.denied));
    sheet.append(button("pay", words.pay, true), button("cancel", words.cancel), more);
    function end(action) {
      shade.remove();
      document.removeEventListener("keydown", onKey, true);
      if (before && before.focus) before.focus();
      choose(action);
    }
    function onKey(event) {
      if (event.key === "Escape") { event.stopPropagation(); end("cancel"); }
      if (event.key !== "Tab") return;
      var stops = Array.prototype.filter.call(sheet.querySelectorAll("button, summary"), function (stop) { return stop.offsetParent; });
      var edge = event.shiftKey ? stops[0] : stops[stops.length - 1];
      if (document.activeElement === edge) { event.preventDefault(); (event.shiftKey ? stops[stops.length - 1] : stops[0]).focus(); }
    }
    sheet.addEventListener("click", function (event) {
      var chosen = event.target.closest("button");
      if (chosen) end(chosen.dataset.sim);
    });
    document.addEventListener("keydown", onKey, true);
    shade.append(sheet);
    document.body.append(shade);
    sheet.querySelector("button").focus();
  }

  window.WeixinJSBridge = {
    simulated: true,
    invoke: function (name, call, callback) {
      if (name !== "getBrandWCPayRequest") {
        setTimeout(function () { if (callback) callback({ err_msg: name + ":fail" }); }, 0);
        return;
      }
      ask(call).then(function (order) {
        if (!order.ok) return say(callback, order);
        overlay(order, function (action) { ask(call, action).then(function (answer) { say(callback, answer); }); });
      });
    },
    call: function () {},
    on: function () {},
    log: function () {},
  };
  // Scripts further down the page may only be about to listen.
  function ready() { setTimeout(function () { document.dispatchEvent(new Event("WeixinJSBridgeReady")); }, 0); }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
  else ready();
})();
