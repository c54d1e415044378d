// When groups are evaluated.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueSlots, slotAt, slotGrid } from '../../src/ruler/slots.ts';

const key = { tenant: 't', namespace: 'n', group: 'g' };

describe('a grid', () => {
  it('has the same phase each time, another for other groups, none when aligned', () => {
    const grid = slotGrid(key, 60_000, false);
    expect(slotGrid(key, 60_000, false)).toEqual(grid);
    const phases = Array.from(
      { length: 20 },
      (_, k) => slotGrid({ ...key, group: `g${k}` }, 60_000, false).phaseMs,
    );
    expect(new Set(phases).size).toBeGreaterThan(15);
    expect(slotGrid(key, 60_000, true).phaseMs).toBe(0);
  });

  it('gives the newest slot that has come', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e7 }),
        fc.nat(1e7),
        fc.nat(2e12),
        (intervalMs, phase, timeMs) => {
          const grid = { intervalMs, phaseMs: phase % intervalMs };
          const slot = slotAt(grid, timeMs);
          expect(slot).toBeLessThanOrEqual(timeMs);
          expect(slot + intervalMs).toBeGreaterThan(timeMs);
          expect(slotAt(grid, slot)).toBe(slot);
        },
      ),
    );
  });
});

describe('due are', () => {
  const grid = { intervalMs: 10, phaseMs: 0 };
  const bounds = { toleranceMs: 1000, slotsMax: 5 };
  it.each<[string, { nowMs: number; lastMs: number; busyUntilMs: number }, number[], number]>([
    ['none before the next slot', { nowMs: 109, lastMs: 100, busyUntilMs: 101 }, [], 0],
    ['the next one when it comes', { nowMs: 110, lastMs: 100, busyUntilMs: 101 }, [110], 0],
    ['all that passed while nothing ran', { nowMs: 135, lastMs: 100, busyUntilMs: 101 }, [110, 120, 130], 0],
    ['not those that passed during an evaluation', { nowMs: 135, lastMs: 100, busyUntilMs: 125 }, [130], 2],
    ['the newest even then', { nowMs: 135, lastMs: 100, busyUntilMs: 135 }, [130], 2],
    ['none twice after a clock set back', { nowMs: 95, lastMs: 100, busyUntilMs: 101 }, [], 0],
    ['so many at most', { nowMs: 200, lastMs: 100, busyUntilMs: 0 }, [160, 170, 180, 190, 200], 5],
  ])('%s', (_, times, slots, missed) => {
    expect(dueSlots(grid, times, bounds)).toEqual({ slots, missed });
  });

  it('none from longer ago than is tolerated', () => {
    const times = { nowMs: 200, lastMs: 100, busyUntilMs: 0 };
    expect(dueSlots(grid, times, { toleranceMs: 25, slotsMax: 100 })).toEqual({
      slots: [180, 190, 200],
      missed: 7,
    });
  });
});
