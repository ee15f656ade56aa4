// The program of the manager's screens is as light as we promise (app/weight.mjs).
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { MOST_BYTES, programBytes, tooHeavy } from "../../app/weight.mjs";

const of = (wasm, js, snippet) => ({
  js: "a.js",
  wasm: "a_bg.wasm",
  scripts: [],
  files: { "a.js": { bytes: 9 * js, br: js }, "a_bg.wasm": { bytes: 9 * wasm, br: wasm }, "snippets/b.js": { bytes: snippet }, "a.css": { bytes: 9, br: 5_000 } },
});

test("a program is delivered up to the bound and not beyond", () => {
  const table = [
    [of(292_000, 8_000, 0), true],
    [of(292_000, 8_000, 1), false],
    [of(292_001, 8_000, 0), false],
    [of(1_000, 299_001, 0), false],
  ];
  for (const [assets, isDelivered] of table) assert.equal(tooHeavy(assets) === null, isDelivered, JSON.stringify(assets.files));
  assert.match(tooHeavy(of(300_000, 8_000, 0)), /308000 B to load .* at most 300000: render/);
});

const built = join(import.meta.dirname, "../../app/dist/mobile/assets.json");

test("the program that is built is light enough", () => {
  assert.ok(existsSync(built), "build it first: make client");
  const bytes = programBytes(JSON.parse(readFileSync(built, "utf8")));
  assert.ok(bytes > 100_000 && bytes <= MOST_BYTES, `${bytes} B`);
});
