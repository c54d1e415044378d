// Where a grid has its edges at multiples of five minutes, all minutes of such a step lie in one slot, or in none.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { manySlots, WindowGrid } from '../../src/scan/ranges/window-grid.ts';
import { coarseMinutes } from '../../src/store/store.ts';

const minuteNs = 60_000_000_000n;
const stepNs = BigInt(coarseMinutes) * minuteNs;

/** Mostly of whole steps, and then some with a minute or a nanosecond more. */
const time = (max: number): fc.Arbitrary<bigint> =>
  fc
    .tuple(fc.integer({ min: 1, max }), fc.constantFrom(0n, 0n, 0n, 0n, 0n, 0n, minuteNs, 1n))
    .map(([steps, more]) => BigInt(steps) * stepNs + more);

it('windows that begin and end between coarse rows cut none', () => {
  let aligned = 0;
  let apart = 0;
  fc.assert(
    fc.property(
      fc.record({ start: time(200), step: time(20), count: fc.integer({ min: 1, max: 30 }) }),
      time(30),
      fc.oneof(fc.constant(0n), time(10)),
      ({ start, step, count }, rangeNs, offsetNs) => {
        const steps = { startNs: 400n * stepNs + start, stepNs: step, count };
        const grid = new WindowGrid(steps, rangeNs, offsetNs);
        let isCut = false;
        for (let row = 0; row < 700; row++) {
          const slots = new Set<number>();
          for (let m = 1; m <= coarseMinutes; m++) slots.add(grid.slotOfMinute(row * coarseMinutes + m));
          isCut ||= slots.size > 1 || slots.has(manySlots);
        }
        if (grid.hasEdgesAt(stepNs)) {
          aligned++;
          expect(isCut).toBe(false);
        } else if (isCut) apart++;
      },
    ),
    { numRuns: 300 },
  );
  expect(aligned).toBeGreaterThan(0);
  expect(apart).toBeGreaterThan(0);
});
