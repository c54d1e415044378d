// Levels that only loggers mean: found where the limit asks for it, and what Loki finds stays as it is.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { harness, testNowMs } from './push-harness.ts';

const timestamp = `${testNowMs}000000`;

function levelsOf(lines: readonly string[], discoverLoggerLevels: boolean): readonly (string | undefined)[] {
  const gateway = harness({ limits: { discoverLoggerLevels } });
  const values = lines.map((line) => [timestamp, line]);
  gateway.push({ bytes: JSON.stringify({ streams: [{ stream: { a: 'b' }, values }] }) });
  return gateway.stored.map(({ metadata }) => metadata.detected_level);
}

const levels: readonly (readonly [line: string, asked: string, unasked: string])[] = [
  ['{"level":10,"msg":"x"}', 'trace', 'unknown'],
  ['{"level":20}', 'debug', 'unknown'],
  ['{"level":30,"time":1795500000000,"pid":1}', 'info', 'unknown'],
  ['{"level": 35 }', 'info', 'unknown'],
  ['{"name":"a\\"","pid":1,"o":{"level":60},"level":40}', 'warn', 'unknown'],
  ['{"level":50}', 'error', 'unknown'],
  ['{"level":60}', 'fatal', 'unknown'],
  ['{"level":7}', 'unknown', 'unknown'],
  ['{"o":{"level":60}}', 'unknown', 'unknown'],
  ['{"level":30,"cut', 'info', 'unknown'],
  ['{"level":"warn"}', 'warn', 'warn'],
  ['\u001b[32mINFO\u001b[39m: started', 'info', 'unknown'],
  ['12:00 \u001b[1;31mERROR\u001b[0m failed', 'error', 'unknown'],
  ['\u001b[32mnothing\u001b[0m', 'unknown', 'unknown'],
  ['level=error x', 'error', 'error'],
  ['', 'unknown', 'unknown'],
];

describe.each([1, 100])('in a push of %i times these lines', (times) => {
  const many = Array.from({ length: times }, () => levels).flat();
  it.each([true, false])('asked: %s', (asked) => {
    const found = levelsOf(
      many.map(([line]) => line),
      asked,
    );
    expect(found).toEqual(many.map(([, yes, no]) => (asked ? yes : no)));
  });
});

it('a level that Loki finds is not changed', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 20 }), (lines) => {
      const found = levelsOf(lines, true);
      for (const [at, level] of levelsOf(lines, false).entries())
        if (level !== 'unknown') expect(found[at]).toBe(level);
    }),
    { numRuns: 50 },
  );
});
