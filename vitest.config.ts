import { configDefaults, defineConfig } from 'vitest/config';

/** Suites with tests that take minutes where there is half a core: many rounds, whole hosts, everything recorded. */
const slow = [
  'tests/**/*.real.test.ts',
  'tests/chaos/**/*.test.ts',
  'tests/clients/**/*.test.ts',
  'tests/collectors/{ledger,files-at-random}.test.ts',
  'tests/conformance/**/*.test.ts',
  'tests/engine/recorded.test.ts',
  'tests/fuzz/**/*.test.ts',
  'tests/gateway/{crash,hung-threads,lost-threads}.test.ts',
  'tests/ingest/{collector-intake,decoders}.test.ts',
  'tests/logql/parser.test.ts',
  'tests/pipeline/{fuzz,recorded-samples}.test.ts',
  'tests/reference/**/*.test.ts',
  'tests/security/**/*.test.ts',
  'tests/store/{crash,crash-points,exactly-once,failing-steps,stream-registry}.test.ts',
];

export default defineConfig({
  test: {
    setupFiles: ['tests/set-up-properties.ts'],
    pool: 'forks',
    // Two cores: more workers than that only make the tests that start a gateway slow each other down.
    maxWorkers: 2,
    // Bounds for what hangs, not for what is slow: a loaded machine takes many times as long as an idle one.
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    reporters: ['default', './tests/summary-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'quick',
          include: ['tests/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...slow],
          testTimeout: 120_000,
        },
      },
      { extends: true, test: { name: 'slow', include: slow, testTimeout: 300_000, hookTimeout: 300_000 } },
    ],
  },
});
