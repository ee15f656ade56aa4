// The payer's pages: keypad, draft, WeChat bridge, looking for the result. Everything works without it up to the bridge, and
// it only hints: the server decides what an amount is and whether it was paid.
(() => {
  // What was typed, in fen; or why it is no amount: -1 empty, -2 not a number, -3 more than two decimals, -4 too large.
  // The same answers as domain's Fen::parse_yuan, proved on the same table (app/domain/tests/amounts.json).
  function fen(typed) {
    const text = typed
      .trim()
      .replace(/[０-９]/g, (digit) => digit.charCodeAt(0) - 65296)
      .replace(/[．。]/g, ".")
      .replace(/，/g, ",")
      .replace(/^[¥￥]/, "")
      .trim()
      .replace(/元$/, "")
      .trim();
    if (!text) return -1;
    const parts = /^(\d*|\d{1,3}(?:,\d{3})+)(?:\.(\d*))?$/.exec(text);
    const part = (parts && parts[2]) || "";
    if (!parts || !(parts[1] || part)) return -2;
    if (part.length > 2) return -3;
    const whole = parts[1].replace(/,/g, "").replace(/^0+/, "");
    return whole.length > 12 ? -4 : +(whole + part.padEnd(2, "0"));
  }

  // Which of the sentences fits: 0 none, 1 to 3 as above, 4 below the least, 5 above the most.
  const verdict = (value, min, max) => (value == -4 || value > max ? 5 : value < 0 ? -value : value ? (value < min ? 4 : 0) : 1);

  // The text after a key: a key that would not make an amount does nothing.
  function press(text, key) {
    if (key == "⌫") return text.slice(0, -1);
    const next = key != "." ? text.replace(/^0$/, "") + key : (text || "0") + key;
    return fen(next) < -1 ? text : next;
  }

  // 123450 -> 1,234.50
  function yuan(value) {
    const digits = String(value).padStart(3, "0");
    return digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",") + "." + digits.slice(-2);
  }

  if (typeof document == "undefined") {
    Object.assign(globalThis, { fen, verdict, press, yuan });
    return;
  }

  const one = (selector) => document.querySelector(selector);
  const on = (target, event, act) => target && target.addEventListener(event, act);
  // Storage may be switched off; then nothing is kept.
  const keep = (name, value) => {
    try {
      if (value) localStorage[name] = value;
      else if (value == null) return localStorage[name];
      else delete localStorage[name];
    } catch {}
  };
  const root = document.documentElement;
  const form = one("form");
  const box = one("[data-poll]");
  const clock = one("[data-now]");

  on(one("#print"), "click", () => print());
  if (one("#errors")) one("#errors").focus();

  if (form) {
    const amount = one("#amount");
    const note = one("#note");
    const go = one(".go");
    const name = "draft:" + form.getAttribute("action");
    const label = go.firstChild.textContent;
    const controls = () => [...form.elements];

    // Says what is wrong beside the field; nothing takes the sentence away.
    const say = (control, sentence) => {
      const field = control.closest(".f");
      let line = field.querySelector(".err");
      if (sentence) {
        if (!line) {
          line = document.createElement("p");
          line.className = "err";
          line.id = "s-" + control.id;
          line.setAttribute("role", "alert");
          field.append(line);
        }
        line.textContent = sentence;
        control.setAttribute("aria-describedby", line.id);
        control.setAttribute("aria-invalid", "true");
      } else if (line) {
        line.remove();
        for (const marked of field.querySelectorAll("[aria-invalid]")) marked.removeAttribute("aria-invalid");
      }
    };

    // Looks at the amount; while somebody types, an amount that is still too small is not wrong yet.
    const look = (done) => {
      if (!amount) return 0;
      const { min, max, says } = amount.dataset;
      const value = fen(amount.value);
      const found = verdict(value, +min, +max);
      const shown = !done && (found == 1 || found == 4) ? 0 : found;
      note.textContent = says.split("|")[shown];
      note.className = shown ? "note err" : "note";
      amount.setAttribute("aria-invalid", !!shown);
      go.lastChild.textContent = found ? "" : "¥" + yuan(value);
      return found;
    };
    const type = (text) => {
      amount.value = text;
      amount.dispatchEvent(new Event("input", { bubbles: true }));
    };

    // The draft: 24 hours, the amount half an hour, never identity numbers or files.
    const keeps = (control) => control.name && control.type != "hidden" && control.type != "file" && control.dataset.private == null;
    const ticks = (control) => control.type == "radio" || control.type == "checkbox";
    const save = () => {
      const pairs = controls().filter((control) => keeps(control) && (ticks(control) ? control.checked : control.value));
      keep(name, JSON.stringify([Date.now(), pairs.map((control) => [control.name, control.value])]));
      one("#clear").hidden = !pairs.length;
    };
    const titles = () => {
      for (const set of form.querySelectorAll(".inv")) {
        const company = set.querySelector("[value=company]").checked;
        set.querySelector(".tax").classList.toggle("off", !company);
      }
    };
    let [at, pairs] = JSON.parse(keep(name) || "[0]");
    const age = Date.now() - at;
    if (age > 864e5) keep(name, "");
    else if (!one(".sum"))
      for (const [key, value] of pairs)
        for (const control of controls())
          if (control.name == key && keeps(control))
            if (ticks(control)) control.checked = control.checked || control.value == value;
            else if (!control.value && (control != amount || age < 18e5)) {
              control.value = value;
            }
    if (keep(name)) one("#clear").hidden = false;
    on(one("#clear"), "click", () => {
      for (const control of controls()) if (keeps(control)) ticks(control) ? (control.checked = false) : (control.value = "");
      keep(name, "");
      one("#clear").hidden = true;
      look();
      titles();
    });

    on(form, "input", (event) => {
      if (event.target == amount) look();
      else if (event.target.closest(".f")) say(event.target);
      titles();
      save();
    });
    look();
    titles();

    // The keypad. The amount stays an ordinary line of text: caret, paste and hardware keys work as everywhere.
    const pad = one(".pad");
    if (amount) {
      let hold;
      if (matchMedia("(max-width:700px)").matches) amount.inputMode = "none";
      on(pad, "mousedown", (event) => event.target.closest(".k") && event.preventDefault());
      on(pad, "click", (event) => {
        const key = event.target.closest(".k");
        if (key) type(press(amount.value, key.textContent));
      });
      on(one(".del"), "pointerdown", () => (hold = setTimeout(type, 500, "")));
      for (const end of ["pointerup", "pointerleave", "pointercancel"]) on(one(".del"), end, () => clearTimeout(hold));
      on(document, "keydown", (event) => {
        if (event.target != document.body || event.ctrlKey || event.metaKey || event.altKey) return;
        if (/^[\d.]$/.test(event.key)) type(press(amount.value, event.key));
        if (event.key == "Backspace") type(press(amount.value, "⌫"));
        if (event.key == "Enter") go.click();
      });
      on(document, "paste", (event) => event.target == document.body && type(event.clipboardData.getData("text").trim()));
    }
    // While a line of text is filled in, the device's keyboard needs the room of the keypad. The pause lets a tap on the
    // button arrive before the keys come back and move it.
    const typing = () => {
      const now = document.activeElement;
      root.classList.toggle("typing", now != amount && /^(text|search|textarea)$/.test(now.type));
    };
    on(form, "focusin", typing);
    on(form, "focusout", () => setTimeout(typing, 250));

    for (const tool of form.querySelectorAll("[data-place]")) {
      const field = document.getElementById(tool.dataset.place);
      tool.hidden = !navigator.geolocation;
      on(tool, "click", () => {
        navigator.geolocation.getCurrentPosition(
          ({ coords }) => {
            const [lat, lng] = tool.parentNode.querySelectorAll("[type=hidden]");
            lat.value = coords.latitude.toFixed(6);
            lng.value = coords.longitude.toFixed(6);
            if (!field.value) field.value = tool.dataset.here;
            say(field);
          },
          () => say(field, tool.dataset.fail),
          { timeout: 1e4 },
        );
      });
    }
    for (const tool of form.querySelectorAll("[data-scan]")) {
      const field = document.getElementById(tool.dataset.scan);
      tool.hidden = !self.BarcodeDetector;
      on(tool, "change", async (event) => {
        event.stopPropagation();
        const seen = await createImageBitmap(event.target.files[0]).then((picture) => new BarcodeDetector().detect(picture)).catch(() => []);
        event.target.value = "";
        if (seen[0]) field.value = seen[0].rawValue;
        say(field, seen[0] ? "" : tool.dataset.fail);
        save();
      });
    }

    // One submit: a second tap meets a busy button. Coming back finds it ready again.
    const ready = (is) => {
      go.disabled = !is;
      go.firstChild.textContent = is ? label : go.dataset.busy;
    };
    form.noValidate = true;
    on(form, "submit", (event) => {
      const wrong = controls().filter((control) => control != amount && control.required && !control.checkValidity());
      for (const control of wrong) if (control == wrong.find(({ name }) => name == control.name)) say(control, form.dataset[control.type == "radio" || /file|select/.test(control.type) ? "choose" : "required"]);
      const first = look(true) ? amount : wrong[0];
      if (!first) return ready(false);
      event.preventDefault();
      first.focus();
    });
    on(self, "pageshow", () => ready(true));
  }

  if (box) {
    const { poll, bridge } = box.dataset;
    const net = one("#net");
    let since = Date.now();
    let paying, trust, timer;
    const show = (name) => {
      for (const part of box.querySelectorAll("[data-for]")) part.hidden = part.dataset.for != name;
    };
    const ask = async () => {
      clearTimeout(timer);
      try {
        const { state, receipt } = await (await fetch(poll, { headers: { Accept: "application/json" }, cache: "no-store" })).json();
        net.hidden = true;
        if (state == "pending" || state == "confirming") {
          // Just after a payment "no money so far" is not yet news.
          if (!paying) show(Date.now() < trust ? "confirming" : state);
        } else if (state) {
          const draft = "draft:" + poll.replace(/\/[^/]*$/, "");
          const [at, pairs] = JSON.parse(keep(draft) || "[0,[]]");
          if (state == "paid") keep(draft, JSON.stringify([at, pairs.filter(([name]) => name != "amount")]));
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
        paying = false;
        since = Date.now();
        trust = /:ok$/.test(answer && answer.err_msg) ? since + 1e4 : 0;
        show("confirming");
        ask();
      };
      WeixinJSBridge.invoke("getBrandWCPayRequest", JSON.parse(bridge), done);
    };
    if (bridge && !one("[data-for=pending]").hidden) {
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
      if (self.WeixinJSBridge) ready();
      else on(document, "WeixinJSBridgeReady", ready);
    }
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
