// Trunk's post_build hook. For a delivered page it makes the mobile program (snip.mjs), scripts and style sheets small, refuses
// style sheets that old kernels would not understand (old_kernels.mjs), joins the style sheets in the page's order into one (one
// request, one thing to inline), and writes a .br and a .gz beside every file. A mobile program that has grown too heavy is not
// delivered (weight.mjs), nor one that holds what only the server may know (server_words.mjs). It writes `assets.json`, from which
// the server learns the hashed names:
//   { "js": "mobile-1a2b.js", "wasm": "mobile-1a2b_bg.wasm", "css": "mobile-3c4d.css", "scripts": [],
//     "files": { "mobile-1a2b.js": { "bytes": 100, "br": 40, "gz": 45, "hashed": true }, "voice/zh/1.mp3": .. } }
// `js` and `wasm` are the entry (null on a page without WebAssembly), `scripts` any other scripts in the page's order. A compressed
// file is only written, and its size only listed, where it is smaller. A hashed file may be cached for ever; any other is revalidated.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { minify } from "terser";
import { OLDEST, squeezed, tooNew } from "./old_kernels.mjs";
import { tooTalkative } from "./server_words.mjs";
import { snipped } from "./snip.mjs";
import { tooHeavy } from "./weight.mjs";

const folder = process.env.TRUNK_STAGING_DIR;
if (!folder) throw new Error("TRUNK_STAGING_DIR is not set: Trunk calls this file, see Trunk.toml");

// Formats that are compressed already.
const packed = /\.(png|jpe?g|webp|gif|mp3|m4a|ogg|opus|woff2?|zip)$/;
// A copied folder's own recipe is not delivered.
const recipe = /\.(sh|md)$/;
const hashed = /-[0-9a-f]{6,16}(_bg)?\.[a-z0-9]+$/;

const paths = (under) =>
  readdirSync(under, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? paths(join(under, entry.name)) : [join(under, entry.name)],
  );

// The development builds are looked at from this machine: only a delivered one is worth the minutes at quality 11.
const delivered = process.env.TRUNK_PROFILE === "release";

// Where a block ends and which distances have words of their own is guessed; for the program, whose every byte a phone waits for, the best
// of several guesses is taken.
const GUESSES = [[0, 0], [0, 4], [17, 2], [20, 0], [22, 4], [24, 4]];

function brotli(path, bytes) {
  const guesses = path.endsWith(".wasm") ? GUESSES : GUESSES.slice(0, 1);
  const packed = guesses.map(([block, distances]) =>
    brotliCompressSync(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 11,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
        [constants.BROTLI_PARAM_LGBLOCK]: block,
        [constants.BROTLI_PARAM_NDIRECT]: distances,
      },
    }),
  );
  return packed.reduce((best, next) => (next.length < best.length ? next : best));
}

function compress(path, bytes) {
  if (!delivered || packed.test(path)) return {};
  const sizes = {};
  const br = brotli(path, bytes);
  const gz = gzipSync(bytes, { level: 9 });
  if (br.length < bytes.length) writeFileSync(`${path}.br`, br), (sizes.br = br.length);
  if (gz.length < bytes.length) writeFileSync(`${path}.gz`, gz), (sizes.gz = gz.length);
  return sizes;
}

function compressed(name) {
  const path = join(folder, name);
  const bytes = readFileSync(path);
  return { bytes: bytes.length, ...compress(path, bytes), hashed: hashed.test(name) };
}

const page = readFileSync(join(folder, "index.html"), "utf8");
const plain = paths(folder)
  .map((path) => relative(folder, path).split("\\").join("/"))
  .filter((name) => name !== "index.html");
plain.filter((name) => recipe.test(name)).forEach((name) => rmSync(join(folder, name)));
let names = plain.filter((name) => !recipe.test(name)).sort();
const inPage = (ending) =>
  names.filter((name) => name.endsWith(ending) && page.includes(name)).sort((one, other) => page.indexOf(one) - page.indexOf(other));

const sheets = inPage(".css");
let css = sheets[0] ?? null;
if (delivered && sheets.length) {
  const whole = sheets.map((name) => readFileSync(join(folder, name), "utf8").trim()).join("\n");
  const stumbles = tooNew(whole);
  if (stumbles.length) throw new Error(`${OLDEST} would not understand the style sheet:\n${stumbles.join("\n")}`);
  // The payer's sheet is cut into parts and squeezed by the server.
  const text = process.env.TRUNK_HTML_FILE.endsWith("pay.html") ? whole : squeezed(whole);
  css = `${basename(process.env.TRUNK_HTML_FILE, ".html")}-${createHash("sha256").update(text).digest("hex").slice(0, 16)}.css`;
  sheets.forEach((name) => rmSync(join(folder, name)));
  writeFileSync(join(folder, css), text);
  names = [...names.filter((name) => !sheets.includes(name)), css].sort();
}

// Trunk's own minifier names things differently in every build and gives up on wasm-bindgen's glue. This one is as careful about old
// browsers as its input: it brings in no syntax newer than that.
if (delivered) {
  for (const name of names.filter((name) => name.endsWith(".js"))) {
    const path = join(folder, name);
    const source = readFileSync(path, "utf8");
    const { code } = await minify(source, { module: /^\s*(import|export)\b/m.test(source), compress: { passes: 2 } });
    writeFileSync(path, code);
  }
}

const wasm = names.find((name) => name.endsWith("_bg.wasm")) ?? null;
const js = wasm && wasm.replace("_bg.wasm", ".js");
if (delivered && wasm && process.env.TRUNK_HTML_FILE.endsWith("mobile.html")) {
  const { bytes, count } = snipped(readFileSync(join(folder, wasm)));
  // None would mean that the names have changed, and a fifth too much is delivered unnoticed.
  if (!count) throw new Error("app/snip.mjs found nothing to take out");
  console.log(`          ${count} functions that never run taken out of ${wasm}`);
  const why = tooTalkative(bytes);
  if (why) throw new Error(why);
  writeFileSync(join(folder, wasm), bytes);
}
const scripts = inPage(".js").filter((name) => name !== js && !name.startsWith("snippets/"));
const files = Object.fromEntries(names.map((name) => [name, compressed(name)]));
const assets = { js, wasm, css, scripts, files };
if (delivered && process.env.TRUNK_HTML_FILE.endsWith("mobile.html")) {
  const why = tooHeavy(assets);
  if (why) throw new Error(why);
}
writeFileSync(join(folder, "assets.json"), `${JSON.stringify(assets, null, 2)}\n`);

const shown = names.filter((name) => files[name].br);
for (const name of shown) {
  const { bytes, br, gz } = files[name];
  console.log(`${String(bytes).padStart(9)} B (br ${br}, gz ${gz ?? "none"}) ${name}`);
}
if (shown.length < names.length) console.log(`          and ${names.length - shown.length} files that compression does not help`);
