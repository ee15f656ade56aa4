// People's paths, on a phone inside WeChat first. `make e2e` builds what these need; `make e2e E2E="-g receipt"` runs some.
// Set SHOUMA_E2E_URL and SHOUMA_E2E_SIM_URL to test servers that run already.
import { defineConfig } from "@playwright/test";
import { browser, PHONE } from "./harness/devices";

export default defineConfig({
  testDir: "stories",
  outputDir: "test-results",
  globalSetup: "./harness/demo",
  // One database serves all: stories take payments of their own and look at nothing else, so they may run side by side.
  fullyParallel: true,
  workers: 2,
  // A story that passes on the second attempt has found something.
  // A run that decides whether work lands repeats a story before it gives up; the report names every story that needed it.
  retries: process.env.CI ? 2 : 0,
  forbidOnly: !!process.env.CI,
  timeout: 60_000,
  // What does not come fails where it is waited for, and not as "the story took too long" minutes later.
  expect: { timeout: 15_000, toPass: { timeout: 45_000 } },
  reporter: [["list"], ["./harness/causes.ts"]],
  use: { ...browser, actionTimeout: 30_000, navigationTimeout: 30_000, trace: "retain-on-failure", screenshot: "only-on-failure" },
  projects: [
    { name: "together", use: PHONE, testIgnore: /alone/ },
    // What troubles the channel for everybody, or the whole machine, waits until the others are done.
    { name: "alone", use: PHONE, testMatch: /alone/, dependencies: ["together"], fullyParallel: false, workers: 1 },
  ],
});
