import { defineConfig } from '@playwright/test';

// `cargo xtask test` sets CHROME, TACIT_SERVER and TACIT_PAGE; see support/environment.js for running by hand.
export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  // A test has its own two pages and shares two browsers and a server with its worker only.
  fullyParallel: true,
  workers: Number(process.env.E2E_WORKERS ?? 3),
  // On a shared machine two browsers can starve; a test that needs its second try is reported as flaky.
  retries: process.env.CI ? 1 : 0,
  forbidOnly: true,
  timeout: 60_000,
  // Generous, because two cores may carry six browsers; nothing here measures time.
  expect: { timeout: 20_000 },
  reporter: [['list']],
});
