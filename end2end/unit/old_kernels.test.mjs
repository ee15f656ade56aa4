// The style sheets that are delivered are understood by the oldest kernel that we promise (app/old_kernels.mjs).
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { OLDEST, squeezed, tooNew } from "../../app/old_kernels.mjs";

const checkout = join(import.meta.dirname, "../..");

const TABLE = [
  ["@media (max-width: 22rem) { .a { margin: 0; } }", true],
  ["@media (min-width: 56rem) and (hover: hover) { .a { margin: 0; } }", true],
  [".a:not(.b) { top: 0; right: 0; clip-path: inset(50%); box-shadow: inset 0 0 0 1px red; }", true],
  ["@keyframes run { from { transform: translateX(-50%); } }", true],
  [".a { min-height: 100vh; min-height: 100dvh; width: min(1px, 2px); color: #0003; }", true],
  ['.a::after { content: ":has("; } /* color-mix( */', true],
  ["@media (width<=22rem){.a{margin:0}}", false],
  ["@media (width >= 56rem) { .a { margin: 0; } }", false],
  ["@media (20rem <= width) { .a { margin: 0; } }", false],
  ["body:has(.b) { margin: 0; }", false],
  [":is(.a, .b) { margin: 0; }", false],
  [".a:not(.b, .c) { margin: 0; }", false],
  [".a { .b { margin: 0; } }", false],
  [".a { &:hover { margin: 0; } }", false],
  [".a { inset: 0; }", false],
  [".a{color:red;inset:auto 0 0}", false],
  [".a { aspect-ratio: 1; }", false],
  [".a { color: color-mix(in srgb, red, blue); }", false],
  [".a { color: oklch(40% 0.2 140); }", false],
  ["@layer base { .a { margin: 0; } }", false],
  ["@container (min-width: 1px) { .a { margin: 0; } }", false],
];

for (const [css, expected] of TABLE) {
  test(`${OLDEST} ${expected ? "understands" : "stumbles over"} ${css}`, () => assert.equal(tooNew(css).length === 0, expected, tooNew(css).join()));
}

test("a squeezed sheet means what it meant", () => {
  const css = "/* note */ .a > b,\n.q :focus + i { e: calc(1px + 2px); }\n@media (max-width: 700px) { .r { f: 1 0 0; } }\n";
  assert.equal(squeezed(css), ".a >b,.q :focus + i{e:calc(1px + 2px)}@media (max-width:700px){.r{f:1 0 0}}");
  assert.equal(squeezed(".f :first-child { a: b }"), ".f :first-child{a:b}");
});

/** Style sheets under a folder. */
const sheets = (folder) => (existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".css")).map((name) => join(folder, name)) : []);

test("the sheets as they are written", () => {
  const written = sheets(join(checkout, "style"));
  assert.ok(written.length >= 3);
  for (const path of written) assert.deepEqual(tooNew(readFileSync(path, "utf8")), [], path);
});

test("the sheets as they are delivered", () => {
  const delivered = ["pay", "mobile", "admin"].flatMap((page) => sheets(join(checkout, "app/dist", page)));
  assert.ok(delivered.length >= 3, "build them first: make client");
  for (const path of delivered) assert.deepEqual(tooNew(readFileSync(path, "utf8")), [], path);
});
