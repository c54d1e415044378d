import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    setupFiles: ['tests/set-up-properties.ts'],
    pool: 'forks',
    // Two cores: more workers than that only make the tests that start a gateway slow each other down.
    maxWorkers: 2,
    // Bounds for what hangs, not for what is slow: a loaded machine takes many times as long as an idle one.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    reporters: ['default', './tests/summary-reporter.ts'],
  },
});
