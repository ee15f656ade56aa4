// The manager's program carries nothing to a phone that only the server may know (app/server_words.mjs).
import assert from "node:assert/strict";
import { test } from "node:test";
import { SERVER_WORDS, tooTalkative } from "../../app/server_words.mjs";

test("a program with a word of the server's is not delivered, and the sentence names it", () => {
  for (const word of SERVER_WORDS) assert.match(tooTalkative(new Uint8Array(Buffer.from(`\0asm...${word}x\0`))), new RegExp(word.trim()));
  assert.equal(tooTalkative(Buffer.from("\0asm, select a code, 13 receipts")), null);
});
