// The end of a run that did not go well: each story that failed, how long each try took, what it did last and what it met. A log is
// often kept by its last lines alone, and those of the list name stories and files without a word about why.
import type { FullConfig, Reporter, Suite, TestCase, TestResult, TestStep } from "@playwright/test/reporter";

const MOST_LINES = 8;

export default class Causes implements Reporter {
  private all: Suite | undefined;

  onBegin(_config: FullConfig, all: Suite): void {
    this.all = all;
  }

  onEnd(): void {
    const failed = this.all?.allTests().filter((test) => test.results.some((it) => it.status !== "passed" && it.status !== "skipped")) ?? [];
    for (const test of failed) console.log([`\n${place(test)}`, ...test.results.flatMap(told)].join("\n"));
  }
}

const place = (test: TestCase) => `${test.location.file.split("/stories/").at(-1)}:${test.location.line} ${test.title}`;

function told(result: TestResult): string[] {
  const head = `  try ${result.retry + 1}: ${result.status} after ${Math.round(result.duration / 1000)} s`;
  if (result.status === "passed") return [head];
  const last = lastOf(result.steps);
  const met = result.errors.flatMap(({ message = "" }) => plain(message).slice(0, MOST_LINES)).map((line) => `    ${line}`);
  return [head, ...(last ? [`    last: ${last.title} (line ${last.location?.line ?? "?"})`] : []), ...met];
}

/** The step that went wrong, or else the last one that a person would know: hooks and fixtures are Playwright's own. */
function lastOf(steps: TestStep[]): TestStep | undefined {
  const own = steps.filter((step) => step.category !== "hook" && step.category !== "fixture");
  const last = own.find((step) => step.error) ?? own.at(-1);
  return (last && lastOf(last.steps)) ?? last;
}

/** Without colours and empty lines. */
function plain(message: string): string[] {
  return message.replace(/\x1b\[[0-9;]*m/g, "").split("\n").filter((line) => line.trim());
}
