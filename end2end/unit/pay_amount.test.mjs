// The payer's script says the same of an amount as the server does: both pass app/domain/tests/amounts.json.
// Run with `node --test end2end/unit/`.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

// Without a document the script leaves its rules in the global object and does nothing else.
const { fen, verdict, press, yuan } = vm.runInNewContext(`${read("public/pay.js")}; globalThis`);
const reasons = { Empty: -1, NotANumber: -2, TooManyDecimals: -3, TooLarge: -4 };

test("typed amounts become the same fen, or the same refusal, as on the server", () => {
  const rows = JSON.parse(read("app/domain/tests/amounts.json"));
  assert.ok(rows.length > 50);
  for (const [typed, expected] of rows) assert.equal(fen(typed), reasons[expected] ?? expected, JSON.stringify(typed));
});

test("an amount is held against the bounds of the code, both included", () => {
  const table = [
    [99, 4],
    [100, 0],
    [200, 0],
    [201, 5],
    [0, 1],
    [-1, 1],
    [-2, 2],
    [-3, 3],
    [-4, 5],
  ];
  for (const [value, expected] of table) assert.equal(verdict(value, 100, 200), expected, String(value));
});

test("a key that would not make an amount does nothing", () => {
  const table = [
    ["", "1", "1"],
    ["", ".", "0."],
    ["0", "5", "5"],
    ["0", "0", "0"],
    ["0.", "5", "0.5"],
    ["12", "0", "120"],
    ["12.5", ".", "12.5"],
    ["12.50", "1", "12.50"],
    ["12.50", "⌫", "12.5"],
    ["", "⌫", ""],
    ["999999999999", "9", "999999999999"],
    ["12.345", "⌫", "12.34"],
  ];
  for (const [text, key, expected] of table) assert.equal(press(text, key), expected, `${text} ${key}`);
});

test("amounts read as people write them", () => {
  const table = [
    [0, "0.00"],
    [5, "0.05"],
    [50, "0.50"],
    [123450, "1,234.50"],
    [100000000, "1,000,000.00"],
    [99999999999999, "999,999,999,999.99"],
  ];
  for (const [value, expected] of table) assert.equal(yuan(value), expected);
});
