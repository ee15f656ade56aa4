// The service worker of the phone's app (/m). It keeps the shell, nothing else: program, style sheet and the page that says that
// there is no network. Figures, receipts and codes are never kept, because an old one shown as new would be a lie.
//
// The server puts `const SHELL = {version, files, offline}` in front (server/src/web/install.rs); a new build has a new version.
const CACHE = `shouma-${SHELL.version}`;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll([SHELL.offline, ...SHELL.files]))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  const isOld = (name) => name.startsWith("shouma-") && name !== CACHE;
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter(isOld).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin) return;
  if (SHELL.files.includes(pathname)) {
    event.respondWith(kept(pathname).then((found) => found || fetch(request)));
  } else if (request.mode === "navigate" && (pathname === "/m" || pathname.startsWith("/m/"))) {
    event.respondWith(fetch(request).catch(() => kept(SHELL.offline).then((page) => page || Response.error())));
  }
});

const kept = (address) => caches.open(CACHE).then((cache) => cache.match(address));
