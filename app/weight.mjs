// How much a manager's phone loads before a screen lives. after_build.mjs refuses to deliver more.
export const MOST_BYTES = 300_000;

/** What the program of an `assets.json` has to load, WebAssembly and scripts, compressed with brotli where that is smaller. */
export function programBytes({ js, wasm, scripts, files }) {
  const names = Object.keys(files).filter((name) => [js, wasm, ...scripts].includes(name) || name.startsWith("snippets/"));
  return names.reduce((sum, name) => sum + (files[name].br ?? files[name].bytes), 0);
}

/** Why this program is not delivered, as a sentence; nothing when it is light enough. */
export function tooHeavy(assets) {
  const bytes = programBytes(assets);
  return bytes > MOST_BYTES
    ? `the manager's program has ${bytes} B to load (brotli), at most ${MOST_BYTES}: render the new screen on the server (app/src/mobile/plain.rs)`
    : null;
}
