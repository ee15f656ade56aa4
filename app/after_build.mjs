// Trunk's post_build hook: writes a .br and a .gz beside every file that is delivered, and `assets.json`, from which the server
// learns the hashed names:
//   { "js": "mobile-1a2b.js", "wasm": "mobile-1a2b_bg.wasm", "css": ["tokens-5e6f.css", "mobile-3c4d.css"], "scripts": [],
//     "files": { "mobile-1a2b.js": { "bytes": 100, "br": 40, "gz": 45, "hashed": true }, "voice/zh/1.mp3": .. } }
// `js` and `wasm` are the entry (null on a page without WebAssembly); `css` and `scripts` are in the page's order. A compressed file
// is only written, and its size only listed, where it is smaller. A hashed file may be cached for ever; any other is revalidated.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

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

function compress(path, bytes) {
  if (!delivered || packed.test(path)) return {};
  const sizes = {};
  const br = brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
  const gz = gzipSync(bytes, { level: 9 });
  if (br.length < bytes.length) writeFileSync(`${path}.br`, br), (sizes.br = br.length);
  if (gz.length < bytes.length) writeFileSync(`${path}.gz`, gz), (sizes.gz = gz.length);
  return sizes;
}

const files = {};
for (const path of paths(folder).sort()) {
  const name = relative(folder, path).split("\\").join("/");
  if (name === "index.html") continue;
  if (recipe.test(name)) {
    rmSync(path);
    continue;
  }
  const bytes = readFileSync(path);
  files[name] = { bytes: bytes.length, ...compress(path, bytes), hashed: hashed.test(name) };
}

const names = Object.keys(files);
const wasm = names.find((name) => name.endsWith("_bg.wasm")) ?? null;
const js = wasm && wasm.replace("_bg.wasm", ".js");
const page = readFileSync(join(folder, "index.html"), "utf8");
const inPage = (ending) =>
  names
    .filter((name) => name.endsWith(ending) && name !== js && page.includes(name) && !name.startsWith("snippets/"))
    .sort((one, other) => page.indexOf(one) - page.indexOf(other));
const assets = { js, wasm, css: inPage(".css"), scripts: inPage(".js"), files };
writeFileSync(join(folder, "assets.json"), `${JSON.stringify(assets, null, 2)}\n`);
for (const name of names) {
  const { bytes, br, gz } = files[name];
  console.log(`${String(bytes).padStart(9)} B ${br ? `(br ${br}, gz ${gz ?? "none"}) ` : ""}${name}`);
}
