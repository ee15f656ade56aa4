// The waiting page and the receipt: the WeChat bridge, looking for the result, the clock of the verification mark. It only
// carries questions and answers: whether money came is what the server says.
(() => {
  const one = (selector) => document.querySelector(selector);
  const on = (target, event, act) => target && target.addEventListener(event, act);
  const box = one("[data-poll]");
  const clock = one("[data-now]");

  const bridged = (act) => (self.WeixinJSBridge ? act() : on(document, "WeixinJSBridgeReady", act));
  const close = one("#close");

  on(one("#print"), "click", () => print());
  // Whoever scanned has nothing to go back to: one tap leads back to WeChat.
  if (close)
    bridged(() => {
      close.hidden = false;
      on(close, "click", () => WeixinJSBridge.call("closeWindow"));
    });

  if (box) {
    const { poll, bridge } = box.dataset;
    const net = one("#net");
    let since = Date.now();
    let paying, offered, trust, timer, word;
    const show = (name) => {
      for (const part of box.querySelectorAll("[data-for]")) part.hidden = part.dataset.for != name;
    };
    // What was paid is not proposed again; the payer's other answers are.
    const forget = () => {
      try {
        const draft = "draft:" + poll.replace(/\/[^/]*$/, "");
        const [at, pairs] = JSON.parse(localStorage[draft]);
        localStorage[draft] = JSON.stringify([at, pairs.filter(([name]) => name != "amount")]);
      } catch {}
    };
    const ask = async () => {
      clearTimeout(timer);
      try {
        const { state, receipt } = await (await fetch(word ? poll + "?wallet=" + word : poll, { headers: { Accept: "application/json" }, cache: "no-store" })).json();
        net.hidden = true;
        word = "";
        if (state == "pending" || state == "confirming") {
          // Just after a payment "no money so far" is not yet news.
          if (!paying) show(Date.now() < trust ? "confirming" : state), offer();
        } else if (state) {
          if (state == "paid") forget();
          return location.replace((state == "paid" && receipt) || poll);
        }
      } catch {
        net.hidden = false;
      }
      timer = setTimeout(ask, Date.now() - since < 6e4 ? 2e3 : 1e4);
    };
    // What the bridge answers is a hint and no more: the server is asked either way.
    const pay = () => {
      if (paying) return;
      paying = true;
      show("opening");
      const done = (answer) => {
        const { err_msg, err_desc } = answer || {};
        const said = err_msg + " " + err_desc;
        paying = false;
        since = Date.now();
        trust = /:ok$/.test(err_msg) ? since + 1e4 : 0;
        // Which kind of answer it was helps the merchant to find what is set up wrongly; nothing of its text leaves the phone.
        word = /:(ok|cancel)$/.test(err_msg) ? "opened" : /url/i.test(said) ? "directory" : /签名|sign/i.test(said) ? "signature" : "failed";
        show("confirming");
        ask();
      };
      WeixinJSBridge.invoke("getBrandWCPayRequest", JSON.parse(bridge), done);
    };
    // The wallet is called only where it is known that nothing was paid, from the beginning or later.
    const offer = () => {
      if (!bridge || offered || one("[data-for=pending]").hidden) return;
      offered = true;
      const late = setTimeout(() => location.replace(poll + "?way=native"), 3e3);
      const ready = () => {
        clearTimeout(late);
        on(one("#bridge"), "click", pay);
        // Once by itself; after a reload the payer decides.
        try {
          if (sessionStorage[poll]) return;
          sessionStorage[poll] = 1;
        } catch {}
        pay();
      };
      bridged(ready);
    };
    offer();
    on(document, "visibilitychange", () => {
      if (document.hidden) clearTimeout(timer);
      else (since = Date.now()), ask();
    });
    timer = setTimeout(ask, 2e3);
  }

  if (clock) {
    const start = clock.dataset.now - performance.now();
    const hour = () => Math.floor((start + performance.now()) / 36e5);
    const first = hour();
    setInterval(() => {
      // The mark changes on the hour.
      if (hour() != first) location.reload();
      clock.textContent = new Date(start + performance.now() + 288e5).toISOString().slice(11, 19);
    }, 1e3);
  }
})();
