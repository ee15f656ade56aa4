// A stand-in for WeChat's script (JSSDK) in ordinary browsers. It belongs to the payment simulator: it checks the page's signature as
// WeChat does, and instead of a camera it asks what was scanned.
(function () {
  "use strict";
  var base = new URL(document.currentScript.src).origin;
  var english = !/^zh/i.test(document.documentElement.lang || "zh");
  var state, known, whenReady = [], whenFailed = [];
  function tell() {
    (state === "ready" ? whenReady : state === "failed" ? whenFailed : []).splice(0).forEach(function (act) { act({ errMsg: known }); });
  }
  // WeChat draws the button of this element itself, from the template inside, once it believes the page.
  function draw(tag) {
    var template = tag.querySelector("script[type='text/wxtag-template']");
    var button = document.createElement("button");
    button.className = "button";
    button.textContent = template.textContent.replace(/<style[^]*<\/style>/, "").replace(/<[^>]*>/g, "");
    button.onclick = function () {
      var agrees = confirm(english ? "Simulator: may the account send one message?" : "模拟器：同意接收一条通知吗？");
      var body = JSON.stringify({ template: tag.getAttribute("template"), agrees: agrees });
      fetch(base + "/_sim/consent", { method: "POST", credentials: "include", headers: { "Content-Type": "text/plain" }, body: body })
        .then(function (answer) { return answer.json(); })
        .then(function (answer) {
          if (answer.errmsg !== "ok") return tag.dispatchEvent(new CustomEvent("error", { detail: { errMsg: answer.errmsg } }));
          var details = {};
          details[tag.getAttribute("template")] = JSON.stringify({ status: agrees ? "accept" : "cancel" });
          tag.dispatchEvent(new CustomEvent("success", { detail: { subscribeDetails: JSON.stringify(details) } }));
        });
    };
    tag.append(button);
  }
  window.wx = {
    config: function (given) {
      var body = JSON.stringify({ app_id: given.appId, timestamp: given.timestamp, nonce: given.nonceStr, signature: given.signature, url: location.href });
      fetch(base + "/_sim/jssdk", { method: "POST", credentials: "omit", headers: { "Content-Type": "text/plain" }, body: body })
        .then(function (answer) { return answer.json(); })
        .catch(function () { return { errmsg: "config:fail" }; })
        .then(function (answer) {
          known = answer.errmsg;
          state = known === "config:ok" ? "ready" : "failed";
          if (state === "ready" && (given.openTagList || []).indexOf("wx-open-subscribe") >= 0) {
            document.querySelectorAll("wx-open-subscribe").forEach(draw);
          }
          tell();
        });
    },
    ready: function (act) { whenReady.push(act); tell(); },
    error: function (act) { whenFailed.push(act); tell(); },
    scanQRCode: function (asked) {
      var seen = state === "ready" ? prompt(english ? "Simulator: what does the camera read?" : "模拟器：扫到了什么？") : null;
      if (seen === null) return asked.cancel && asked.cancel({ errMsg: "scanQRCode:cancel" });
      // Eight and more digits are taken for a bar code, which comes with its kind in front.
      var isBar = /^\d{8,}$/.test(seen) && asked.scanType.indexOf("barCode") >= 0;
      asked.success({ resultStr: isBar ? "EAN_13," + seen : seen, errMsg: "scanQRCode:ok" });
    },
  };
})();
