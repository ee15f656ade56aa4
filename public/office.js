// The administrator's overview, kept up to date while somebody sees it: what GET /admin/live sends takes the place of what stands
// there, and money that came is spoken where a tap allowed that. Without this the page is what it was when it was opened.
(() => {
  const region = document.getElementById("living");
  const bar = document.getElementById("live");
  if (!region || !bar || !window.EventSource) return;
  const words = bar.dataset;
  const [line, heard] = bar.querySelectorAll("p");
  const door = bar.querySelector("a");
  const button = bar.querySelector("button");

  // --- What the page says of its line to the server.

  // Two beats and a bit: a line that says nothing for so long is dead, even when the browser has not noticed.
  const SILENCE = 40000;
  let source = null;
  let place = "";
  let tries = 0;
  let since = 0;
  let over = false;
  let again, silence;

  // The time of the day in Shanghai, as everywhere on these pages.
  const clock = (at) => new Date(at + 288e5).toISOString().slice(11, 16);

  function say(state) {
    const sentence = words[state].replace("{time}", clock(since));
    line.dataset.state = state;
    if (line.textContent != sentence) line.textContent = sentence;
  }

  function open() {
    close();
    if (over || document.hidden) return;
    source = new EventSource(words.url + (place && "&after=" + place));
    const on = (name, act) => source.addEventListener(name, (event) => {
      if (name != "error") listen();
      if (event.lastEventId) place = event.lastEventId;
      act(event.data && JSON.parse(event.data));
    });
    on("open", () => {
      since = tries = 0;
      say("connected");
    });
    on("now", (told) => show(told.html));
    on("arrived", (told) => {
      heard.textContent = told.words;
      speak(told.say);
    });
    on("beat", () => {});
    on("bye", end);
    on("error", lost);
  }

  function close() {
    if (source) source.close();
    source = null;
    clearTimeout(again);
    clearTimeout(silence);
  }

  function listen() {
    clearTimeout(silence);
    silence = setTimeout(lost, SILENCE);
  }

  function lost() {
    close();
    if (over) return;
    tries += 1;
    since = since || Date.now();
    say(navigator.onLine === false || tries > 2 ? "offline" : "reconnecting");
    // Each a little different, so that screens that lost the same server do not return in the same second.
    again = setTimeout(open, Math.min(500 << Math.min(tries, 6), 30000) * (1 - Math.random() / 4));
    // A refused stream does not say why; an ordinary question does.
    if (tries == 2) fetch(words.url, { method: "HEAD" }).then((answer) => answer.status == 401 && end(), () => {});
  }

  function end() {
    over = true;
    close();
    say("ended");
    door.hidden = false;
    button.hidden = true;
  }

  function resume() {
    tries = 0;
    if (!source) open();
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? close() : resume()));
  window.addEventListener("pageshow", resume);
  window.addEventListener("online", resume);
  window.addEventListener("offline", () => {
    close();
    if (over) return;
    since = since || Date.now();
    say("offline");
  });

  // --- What changed takes its place, part by part. One in which the keyboard is waits until it is left.

  let newest = "";

  function show(html) {
    newest = html;
    const told = document.createElement("template");
    told.innerHTML = html;
    let waits = false;
    for (const part of told.content.querySelectorAll("[data-part]")) {
      const old = region.querySelector(`[data-part=${part.dataset.part}]`);
      if (!old || old.outerHTML == part.outerHTML) continue;
      if (old.contains(document.activeElement)) {
        old.dataset.newer = words.newer;
        waits = true;
        continue;
      }
      for (const link of part.querySelectorAll("li > a")) {
        if (!old.querySelector(`[href="${link.getAttribute("href")}"]`)) link.parentNode.className = "fresh";
      }
      old.replaceWith(part);
    }
    if (!waits) newest = "";
  }

  region.addEventListener("focusout", () => setTimeout(() => newest && show(newest)));

  // --- The voice: clips of a sentence one after the other, as the server put them together.

  const Sound = window.AudioContext || window.webkitAudioContext;
  // What waits for longer than this, or behind so many others, is not said any more: the page shows it.
  const STALE = 20000;
  const MOST_WAITING = 3;
  const names = button.dataset.clips.split(" ");
  const clips = {};
  let context = null;
  let voice = "";
  let speaking = false;
  let waiting = [];

  function remember(word) {
    try {
      localStorage.setItem("office-voice", word);
    } catch (e) {
      // Storage is switched off: the next page asks again.
    }
  }

  function remembered() {
    try {
      return localStorage.getItem("office-voice");
    } catch (e) {
      return null;
    }
  }

  function set(state) {
    voice = state;
    button.textContent = button.dataset[state];
  }

  const decoded = (bytes) => new Promise((done, failed) => context.decodeAudioData(bytes, done, failed));

  const load = (name) =>
    clips[name] ||
    fetch(`${button.dataset.voice}${name}.mp3`)
      .then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(answer.status)))
      .then(decoded)
      .then((clip) => (clips[name] = clip));

  // To be called from a tap: only then a browser lets anything sound.
  function allow() {
    const greets = voice != "blocked";
    context = context || new Sound();
    context.resume();
    set("loading");
    remember("on");
    Promise.all(names.map(load)).then(
      () => {
        if (voice != "loading") return;
        set("on");
        speak(greets && ["on"]);
      },
      () => voice == "loading" && set("failed"),
    );
  }

  function mute() {
    set("off");
    remember("off");
    waiting = [];
    // What is being said stops in the middle.
    context.close();
    context = null;
  }

  function speak(sentence) {
    if (voice == "off" || voice == "failed") return;
    if (sentence) waiting = [...waiting, [Date.now(), sentence]].slice(-MOST_WAITING);
    waiting = waiting.filter(([at]) => at > Date.now() - STALE);
    if (voice != "on" || speaking || !waiting.length) return;
    if (context.state != "running") {
      context.resume();
      return set("blocked");
    }
    speaking = true;
    let at = context.currentTime + 0.02;
    for (const name of waiting.shift()[1]) {
      if (!clips[name]) continue;
      const clip = context.createBufferSource();
      clip.buffer = clips[name];
      clip.connect(context.destination);
      clip.start(at);
      at += clips[name].duration;
    }
    setTimeout(() => {
      speaking = false;
      speak();
    }, (at - context.currentTime + 0.35) * 1000);
  }

  if (Sound) {
    set(remembered() == "on" ? "blocked" : "off");
    button.hidden = false;
    button.addEventListener("click", () => (voice == "on" || voice == "loading" ? mute() : allow()));
    document.addEventListener("click", (event) => voice == "blocked" && event.target != button && allow());
  }

  bar.hidden = false;
  say("connecting");
  open();
})();
