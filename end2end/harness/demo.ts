// Starts `shouma demo` on free ports with a database of its own, stops it at the end, and fails the run when the server panicked,
// however well the stories went. SHOUMA_E2E_PROGRAM names another program than the release build, e.g. an unoptimised one.
import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const checkout = resolve(import.meta.dirname ?? __dirname, "../..");
const START_MS = 60_000;
const STOP_MS = 10_000;

/** A running demo: its addresses, and its database for the commands that an operator runs beside it. */
export type Demo = { url: string; simulatorUrl: string; databaseUrl: string; log: string; stop: () => Promise<void> };

/** The demo of all stories. */
export default async function start(): Promise<() => Promise<void>> {
  if (process.env.SHOUMA_E2E_URL) return async () => {};
  const demo = await startDemo("server");
  process.env.SHOUMA_E2E_URL = demo.url;
  process.env.SHOUMA_E2E_SIM_URL = demo.simulatorUrl;
  process.env.SHOUMA_E2E_DATABASE_URL = demo.databaseUrl;
  process.env.SHOUMA_E2E_LOG = demo.log;
  return demo.stop;
}

export const program = () => process.env.SHOUMA_E2E_PROGRAM ?? join(checkout, "target/release/shouma");

/** Another demo, for a story that needs settings of its own; it logs to test-results/NAME.log. Stop it at the end. */
export async function startDemo(name: string, settings: Record<string, string> = {}): Promise<Demo> {
  const folder = mkdtempSync(join(tmpdir(), "shouma-e2e-"));
  const results = join(checkout, "end2end/test-results");
  mkdirSync(results, { recursive: true });
  const log = join(results, `${name}.log`);
  const [server, simulator, metrics, mail, returned] = await freePorts(5);
  const url = `http://127.0.0.1:${server}`;
  const databaseUrl = settings.DATABASE_URL ?? `sqlite://${folder}/demo.db`;
  const child = spawn(program(), ["demo"], {
    cwd: checkout,
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      SHOUMA_LISTEN: `127.0.0.1:${server}`,
      SHOUMA_PUBLIC_URL: url,
      SHOUMA_SIM_LISTEN: `127.0.0.1:${simulator}`,
      SHOUMA_SIM_SMTP_LISTEN: `127.0.0.1:${mail}`,
      SHOUMA_SIM_IMAP_LISTEN: `127.0.0.1:${returned}`,
      SHOUMA_METRICS_LISTEN: `127.0.0.1:${metrics}`,
      RUST_BACKTRACE: "1",
      // Stories are told at any hour, and people are reminded of debts by day only.
      SHOUMA_REMINDERS_QUIET_FROM: inShanghai(12),
      SHOUMA_REMINDERS_QUIET_UNTIL: inShanghai(13),
      ...settings,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const file = createWriteStream(log);
  child.stdout!.pipe(file, { end: false });
  child.stderr!.pipe(file, { end: false });
  await ready(child, `${url}/readyz`, log);
  const stopped = async () => {
    const graceful = await stop(child);
    file.end();
    rmSync(folder, { recursive: true, force: true });
    const panics = readFileSync(log, "utf8").split("\n").filter((line) => line.includes("panicked at"));
    if (panics.length) throw new Error(`the server panicked (end2end/test-results/${name}.log):\n${panics.join("\n")}`);
    if (!graceful) throw new Error(`the server did not stop within ${STOP_MS / 1000} s of SIGTERM`);
  };
  // Another site than the server's, so that returns from sign-in and cashier are truly cross-site.
  return { url, simulatorUrl: `http://localhost:${simulator}`, databaseUrl, log, stop: stopped };
}

/** The time of the day in Shanghai, so many hours from now. */
function inShanghai(hours: number): string {
  return new Date(Date.now() + (8 + hours) * 3_600_000).toISOString().slice(11, 16);
}

async function ready(child: ChildProcess, url: string, log: string): Promise<void> {
  let failed: Error | undefined;
  child.once("error", (error) => (failed = error));
  const until = Date.now() + START_MS;
  while (Date.now() < until && !failed && child.exitCode === null) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((later) => setTimeout(later, 100));
  }
  child.kill("SIGKILL");
  const said = failed?.message ?? readFileSync(log, "utf8").split("\n").slice(-30).join("\n");
  throw new Error(`shouma demo did not become ready at ${url}:\n${said}`);
}

function stop(child: ChildProcess): Promise<boolean> {
  if (child.exitCode !== null) return Promise.resolve(true);
  return new Promise((done) => {
    const hard = setTimeout(() => (child.kill("SIGKILL"), done(false)), STOP_MS);
    child.once("exit", () => (clearTimeout(hard), done(true)));
    child.kill("SIGTERM");
  });
}

/** Ports that nobody listens on; all are held until all are known, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const held = await Promise.all(
    Array.from({ length: count }, () => new Promise<ReturnType<typeof createServer>>((done) => {
      const server = createServer().listen(0, "127.0.0.1", () => done(server));
    })),
  );
  const ports = held.map((server) => (server.address() as { port: number }).port);
  await Promise.all(held.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
