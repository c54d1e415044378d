// Which slots a group is evaluated at when evaluations take long.
import { describe, expect, it } from 'vitest';
import { GroupRunner } from '../../src/ruler/group-runner.ts';
import { readGroup } from '../../src/ruler/read-group.ts';
import { ruleRecords } from '../../src/ruler/rule-record.ts';
import { rulerDefaults } from '../../src/ruler/settings.ts';
import { slotAt, slotGrid } from '../../src/ruler/slots.ts';
import { Turns } from '../../src/ruler/turns.ts';
import { oneByOne } from './group-queries.ts';
import { until } from './until.ts';

const intervalMs = 1000;
const key = { tenant: 't', namespace: 'ns', group: 'g' };
const firstMs = slotAt(slotGrid(key, intervalMs, false), 1_800_000_000_000);
const group = readGroup('{name: g, interval: 1s, rules: [{record: r, expr: vector(1)}]}');

/** Slots evaluated, in intervals after the first; the k-th evaluation takes `tookMs(k)` of a clock that stands still else. */
async function slotsOf(
  { dueAtStart, evaluations }: { readonly dueAtStart: number; readonly evaluations: number },
  tookMs: (evaluation: number) => number,
): Promise<{ readonly slots: readonly number[]; readonly missed: number }> {
  let nowMs = firstMs + dueAtStart * intervalMs;
  const slots: number[] = [];
  const queries = oneByOne({
    lines: async () => Buffer.from('[]'),
    instant: async ({ timeMs }) => {
      nowMs += tookMs(slots.length);
      slots.push((timeMs - firstMs) / intervalMs);
      return { samples: [], cost: { linesRead: 0, bytesRead: 0 } };
    },
  });
  const records = ruleRecords(
    group,
    { externalUrl: '', externalLabels: [], query: async () => [] },
    () => undefined,
  );
  const runner = new GroupRunner({ key, group, origin: 'api' }, records, firstMs, {
    store: { apply: async () => ({ samplesLeftOut: 0 }) },
    queries,
    settings: rulerDefaults,
    limitsOf: () => rulerDefaults.limits,
    turns: new Turns(1),
    nowMs: () => nowMs,
    onPosts: () => {},
    onAlerts: () => {},
    log: () => {},
  });
  runner.start();
  await until(() => {
    // Time goes on while the group rests.
    if (slots.length < evaluations) nowMs += 20;
    return slots.length >= evaluations;
  });
  const { missed } = runner.counts;
  await runner.stop();
  return { slots: slots.slice(0, evaluations), missed };
}

describe('a group', () => {
  it('that is slow once after the start leaves nothing out', async () => {
    const { slots, missed } = await slotsOf({ dueAtStart: 1, evaluations: 6 }, (k) => (k === 0 ? 3500 : 0));
    expect(slots).toEqual([1, 2, 3, 4, 5, 6]);
    expect(missed).toBe(0);
  });

  it('that catches up with an outage, and is slow meanwhile, leaves nothing out', async () => {
    const { slots, missed } = await slotsOf({ dueAtStart: 5, evaluations: 10 }, (k) => (k < 3 ? 900 : 0));
    expect(slots).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(missed).toBe(0);
  });

  it('that is always too slow leaves slots out, and does not fall behind more and more', async () => {
    const { slots, missed } = await slotsOf({ dueAtStart: 1, evaluations: 40 }, () => 2500);
    expect(missed).toBeGreaterThan(20);
    // When the last evaluation began, some 39 others had taken 2.5 slots each.
    expect(slots.at(-1)).toBeGreaterThan(39 * 2.5 - 10);
  });
});
