// Takes code out of the program that can never run, which no compiler sees: every view that is boxed carries its own asynchronous
// hydration for pages that arrive in pieces, called through a table. Our pages arrive whole (app/src/mobile/document.rs) and hydrate
// at once, so these bodies are replaced by a trap before the program is optimised. That is about a fifth of it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import binaryen from "binaryen";

/** What never runs, by the end of its name: the steps of that hydration. Not what merely speaks of it, such as a destructor of its
 * state, because the linker lets equal functions share one body under one of their names. */
const NEVER = /hydrate_async(::\{\{closure\}\})+(::h[0-9a-f]{16})?$/;

/** What every browser that has WebAssembly at all understands, and what the compiler writes. */
const FEATURES = ["bulk-memory", "nontrapping-float-to-int", "sign-ext", "mutable-globals", "reference-types", "multivalue"];

/** The program `bytes` (with its names) without what never runs, as small as it becomes; and how many functions were taken out. */
export function snipped(bytes) {
  const program = binaryen.readBinary(bytes);
  const names = [];
  for (let at = 0; at < program.getNumFunctions(); at++) {
    const { name, base } = binaryen.getFunctionInfo(program.getFunctionByIndex(at));
    if (!base && NEVER.test(name)) names.push(name);
  }
  for (const name of names) {
    const { params, results } = binaryen.getFunctionInfo(program.getFunction(name));
    program.removeFunction(name);
    program.addFunction(name, params, results, [], program.unreachable());
  }
  const cut = program.emitBinary();
  program.dispose();
  return { bytes: optimised(cut), count: names.length };
}

function optimised(bytes) {
  const folder = mkdtempSync(join(tmpdir(), "shouma-client-"));
  const [from, to] = ["from.wasm", "to.wasm"].map((name) => join(folder, name));
  try {
    writeFileSync(from, bytes);
    const tool = join(dirname(fileURLToPath(import.meta.url)), "node_modules/.bin/wasm-opt");
    execFileSync(tool, ["-Oz", ...FEATURES.map((feature) => `--enable-${feature}`), from, "-o", to], { stdio: "inherit" });
    return readFileSync(to);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
