// The static leg lives: Trunk's output opens in a browser without a server behind it.
import { defineConfig } from "@playwright/test";
import { browser, PHONE } from "./harness/devices";

export default defineConfig({
  testDir: "csr",
  outputDir: "test-results/csr",
  reporter: [["list"]],
  use: { ...browser, ...PHONE },
});
