// A PostgreSQL cluster of its own for the stories that are told on it. It is removed when they are done, or when they end otherwise.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { join, resolve } from "node:path";

const script = join(resolve(import.meta.dirname ?? __dirname, "../.."), "server/tests/postgres");
const START_MS = 60_000;

export type Cluster = { databaseUrl: string; stop: () => Promise<void> };

/** Starts a cluster; its empty database is for whoever asked. */
export async function startCluster(): Promise<Cluster> {
  const { SHOUMA_TEST_POSTGRES: _, ...env } = process.env;
  // The script ends the cluster when its command ends, and that ends with its input.
  const child = spawn(script, ["bash", "-c", 'echo "$SHOUMA_TEST_POSTGRES"; cat >/dev/null'], { env, stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  const first = new Promise<string>((done, fail) => {
    createInterface({ input: child.stdout! }).once("line", done);
    child.once("error", fail);
    child.once("exit", (code) => fail(new Error(`the PostgreSQL cluster ended with ${code} before it was ready`)));
    setTimeout(() => fail(new Error("the PostgreSQL cluster was not ready in time")), START_MS).unref();
  });
  const stop = async () => {
    child.stdin!.end();
    await ended;
  };
  try {
    return { databaseUrl: await first, stop };
  } catch (error) {
    child.stdin!.end();
    throw error;
  }
}
