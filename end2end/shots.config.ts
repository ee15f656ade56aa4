// Takes the pictures of the README anew: `make shots`, or npx playwright test --config shots.config.ts.
import { defineConfig } from "@playwright/test";
import { browser, PHONE } from "./harness/devices";

export default defineConfig({
  testDir: "pictures",
  outputDir: "test-results/pictures",
  globalSetup: "./harness/demo",
  workers: 1,
  timeout: 120_000,
  reporter: [["list"]],
  use: { ...browser, ...PHONE },
});
