// The payment page: keypad, draft, one submit. The form works without it, and it only hints: the server decides what an amount
// is. It travels inside every first view, so each line has to earn its bytes.
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

  const form = document.forms[0];
  if (!form) return;
  const one = (selector) => form.querySelector(selector);
  const on = (target, event, act) => target.addEventListener(event, act);
  const amount = one("#amount");
  const go = one(".go");
  const clear = one("#clear");
  const refused = document.querySelector(".sum");
  const controls = [...form.elements];

  // Says what is wrong beside the field, or no more.
  const say = (control, sentence) => {
    const field = control.closest(".f");
    const line = field.querySelector(".err");
    if (line) line.remove();
    control.setAttribute("aria-invalid", !!sentence);
    if (!sentence) return;
    field.insertAdjacentHTML("beforeend", `<p class=err role=alert id=why-${control.id}>${sentence}</p>`);
    control.setAttribute("aria-describedby", "why-" + control.id);
  };

  // Looks at the amount; while somebody types, one that is still too small is not wrong yet.
  const look = (done) => {
    if (!amount) return 0;
    const { min, max, says } = amount.dataset;
    const value = fen(amount.value);
    const found = verdict(value, +min, +max);
    const shown = !done && (found == 1 || found == 4) ? 0 : found;
    const note = one("#note");
    note.textContent = says.split("|")[shown];
    note.className = shown ? "note err" : "note";
    amount.setAttribute("aria-invalid", !!shown);
    go.lastChild.textContent = found ? "" : "¥" + yuan(value);
    return found;
  };
  const type = (text) => {
    amount.value = text;
    changed();
  };
  const changed = () => form.dispatchEvent(new Event("input"));

  // The draft: 24 hours, the amount half an hour, never identity numbers or files. Storage may be switched off.
  const name = "draft:" + form.getAttribute("action");
  const ticks = (control) => /radio|box/.test(control.type);
  const kept = controls.filter(({ name, type, dataset }) => name && !/hidden|file/.test(type) && dataset.private == null);
  const save = () => {
    const filled = kept.filter((control) => (ticks(control) ? control.checked : control.value));
    clear.hidden = !filled.length;
    try {
      localStorage[name] = JSON.stringify([Date.now(), filled.map((control) => [control.name, control.value])]);
    } catch {}
  };
  try {
    const [at, pairs] = JSON.parse(localStorage[name]);
    const age = Date.now() - at;
    if (age > 864e5) delete localStorage[name];
    else if (!refused)
      for (const [key, value] of pairs)
        for (const control of kept)
          if (control.name == key)
            if (ticks(control)) control.checked |= control.value == value;
            else if (control != amount || age < 18e5) control.value = control.value || value;
    clear.hidden = !pairs.length;
  } catch {}
  on(clear, "click", () => {
    for (const control of kept) ticks(control) ? (control.checked = false) : (control.value = "");
    changed();
  });
  on(form, "input", ({ target }) => {
    if (target.closest(".f")) say(target);
    look();
    save();
  });
  look(refused);

  // The keypad. The amount stays an ordinary line of text: caret, paste and hardware keys work as everywhere.
  if (amount) {
    const del = one(".del");
    let hold;
    if (del && innerWidth < 701) amount.inputMode = "none";
    on(form, "mousedown", (event) => event.target.closest(".k") && event.preventDefault());
    on(form, "click", ({ target }) => target.closest(".k") && type(press(amount.value, target.textContent)));
    if (del) {
      on(del, "pointerdown", () => (hold = setTimeout(type, 500, "")));
      for (const end of ["up", "leave", "cancel"]) on(del, "pointer" + end, () => clearTimeout(hold));
    }
    on(document, "keydown", ({ target, key, ctrlKey, metaKey }) => {
      if (target != document.body || ctrlKey || metaKey) return;
      if (/^[\d.]$/.test(key)) type(press(amount.value, key));
      if (key == "Backspace") type(press(amount.value, "⌫"));
    });
  }
  // While a line of text is filled in, the device's keyboard needs the room of the keypad. Where the keypad lies over questions, it
  // makes room for whichever is answered, and with large text it opens for the amount alone. The pause lets a tap on the button
  // arrive before the keys come back and move it: on the way there the focus leaves the line and reaches the button.
  const root = document.documentElement;
  const edge = (selector, side) => one(selector).getBoundingClientRect()[side];
  const roomy = edge(".card", "bottom") <= edge(".pad", "top");
  const typing = () => {
    const now = document.activeElement;
    root.classList.toggle("kb", now == amount || (roomy ? now.type != "text" : !root.dataset.mode && !now.closest(".f")));
  };
  typing();
  on(form, "focusin", ({ target }) => setTimeout(typing, target.type == "text" ? 0 : 250));
  on(form, "focusout", () => setTimeout(typing, 250));

  // One submit: a second tap meets a busy button. Coming back finds it ready again.
  const label = go.firstChild.textContent;
  const ready = (is) => {
    go.disabled = !is;
    go.firstChild.textContent = is ? label : go.dataset.busy;
  };
  form.noValidate = true;
  on(form, "submit", (event) => {
    const wrong = controls.filter((control) => control != amount && !control.checkValidity());
    // Of a group of radios each one is wrong, and the first one says it.
    const firsts = wrong.filter((control, at) => at == wrong.findIndex(({ name }) => name == control.name));
    for (const control of firsts) say(control, control.closest("[data-why]").dataset.why);
    const first = look(true) ? amount : firsts[0];
    if (!first) return ready(false);
    event.preventDefault();
    first.focus();
  });
  on(self, "pageshow", () => ready(true));
  const errors = document.getElementById("errors");
  if (errors) errors.focus();
})();
