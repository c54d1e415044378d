// Quantiles of windows equal those of sorted windows, by either way of finding them and for values in any order.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantilesOver } from '../../src/engine/metrics/sliding-quantile.ts';

const value = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.double({ noNaN: true }).map((n) => n + 0),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);
const repeated = (n: number, at: (i: number) => number): number[] =>
  Array.from({ length: n }, (_, i) => at(i));
const values = fc.oneof(
  fc.array(value, { minLength: 1, maxLength: 300 }),
  fc.constantFrom(
    repeated(500, (i) => i),
    repeated(500, (i) => -i),
    repeated(500, (i) => Math.min(i, 500 - i)),
    repeated(500, (i) => i % 7),
    repeated(500, () => 1),
    repeated(500, (i) => (i % 2 === 0 ? i : 500 - i)),
  ),
);

/** NaN first, then ascending; linear between neighbours. */
function expected(window: readonly number[], q: number): number {
  const sorted = window.toSorted((a, b) =>
    Number.isNaN(a) ? -1 : Number.isNaN(b) ? 1 : a < b ? -1 : a > b ? 1 : 0,
  );
  const rank = q * (sorted.length - 1);
  const lower = Math.floor(rank);
  const upper = Math.min(sorted.length - 1, lower + 1);
  const weight = rank - lower;
  return (sorted[lower] as number) * (1 - weight) + (sorted[upper] as number) * weight;
}

describe('quantilesOver', () => {
  it.each([
    ['selecting from each window', 1],
    ['a window of ranks', Number.POSITIVE_INFINITY],
  ])('%s', (_, windowValues) => {
    fc.assert(
      fc.property(
        values,
        fc.oneof(fc.constantFrom(0, 0.5, 0.95, 1), fc.double({ min: 0, max: 1, noNaN: true })),
        fc.array(fc.tuple(fc.nat(40), fc.nat(60)), { minLength: 1, maxLength: 8 }),
        (all, q, moves) => {
          const quantile = quantilesOver(Float64Array.from(all), q, windowValues);
          let start = 0;
          let end = 0;
          for (const [from, length] of moves) {
            start = Math.min(start + from, all.length - 1);
            end = Math.min(Math.max(end, start + 1 + length), all.length);
            // `toEqual` tells 0 from -0.
            expect(quantile(start, end) + 0).toEqual(expected(all.slice(start, end), q) + 0);
          }
          const whole = quantilesOver(Float64Array.from(all), q, windowValues);
          expect(whole(0, all.length) + 0).toEqual(expected(all, q) + 0);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    [Number.NaN, Number.NaN],
    [-0.1, Number.NEGATIVE_INFINITY],
    [1.1, Number.POSITIVE_INFINITY],
  ])('of %d is %d', (q, answer) => {
    expect(quantilesOver(Float64Array.of(1, 2), q, 2)(0, 2)).toBe(answer);
  });
});
