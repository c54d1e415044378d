// Times as people type them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fragmentOf, nothingAsked, readFragment } from '../../src/page/address.ts';
import { axisTicks, timeTicks } from '../../src/page/charts/axis-ticks.ts';
import { moved, rangeText, readRangeText, zoomedOut } from '../../src/page/time/time-range.ts';
import { parseRange } from '../../src/page/time/time-text.ts';

/** A Monday. */
const nowMs = Date.UTC(2026, 10, 30, 15, 30);
const at = (text: string): number => Date.parse(`${text}Z`);
const between = (from: string, to: string) => ({ kind: 'between', fromMs: at(from), toMs: at(to) });
const last = (spanMs: number) => ({ kind: 'last', spanMs });
const now = '2026-11-30T15:30';

describe('a typed range', () => {
  it.each([
    ['90m', last(5_400_000)],
    ['last 3 hours', last(10_800_000)],
    ['Last hour', last(3_600_000)],
    ['now-15m', last(900_000)],
    ['-2d', last(172_800_000)],
    ['1.5h', last(5_400_000)],
    ['2h ago', between('2026-11-30T13:30', now)],
    ['2 hours ago to 1 hour ago', between('2026-11-30T13:30', '2026-11-30T14:30')],
    ['yesterday', between('2026-11-29T00:00', '2026-11-30T00:00')],
    ['today', between('2026-11-30T00:00', now)],
    ['yesterday 14:00', between('2026-11-29T14:00', now)],
    ['yesterday 14:00 to 15:30', between('2026-11-29T14:00', '2026-11-29T15:30')],
    ['yesterday 22:00 to today 6:00', between('2026-11-29T22:00', '2026-11-30T06:00')],
    ['monday 9:00 to 10:00', between('2026-11-23T09:00', '2026-11-23T10:00')],
    ['friday', between('2026-11-27T00:00', '2026-11-28T00:00')],
    ['14:00', between('2026-11-30T14:00', now)],
    ['14:00 - 14:05:30', between('2026-11-30T14:00', '2026-11-30T14:05:30')],
    ['2026-11-30 08:15', between('2026-11-30T08:15', now)],
    ['2026-11-28', between('2026-11-28T00:00', '2026-11-29T00:00')],
    ['2026-11-28 10:00 .. 2026-11-29 10:00', between('2026-11-28T10:00', '2026-11-29T10:00')],
    ['2026-11-30T08:00:00+02:00', between('2026-11-30T06:00', now)],
    [`${nowMs / 1000 - 60}`, between('2026-11-30T15:29', now)],
    [`${nowMs - 60_000}`, between('2026-11-30T15:29', now)],
    [`${nowMs - 60_000}000000 to now`, between('2026-11-30T15:29', now)],
  ])('%s', (text, range) => {
    expect(parseRange(text, nowMs, true)).toEqual(range);
  });

  it.each([
    '',
    'soon',
    '0h',
    '15:30 to 14:00',
    '25:00',
    '14:60',
    '2026-02-30',
    'tomorrow',
    'a to b to c',
    '16:00',
  ])('none: %j', (text) => {
    expect(parseRange(text, nowMs, true)).toBeUndefined();
  });

  it('begins before it ends, whatever is typed', () => {
    const word = fc.constantFrom(
      'yesterday',
      'today',
      'now',
      'to',
      '14:00',
      '2h',
      'ago',
      '-',
      '2026-11-30',
      '9',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), fc.boolean(), (words, utc) => {
        const range = parseRange(words.join(' '), nowMs, utc);
        if (range?.kind === 'between') expect(range.fromMs).toBeLessThan(range.toMs);
        if (range?.kind === 'last') expect(range.spanMs).toBeGreaterThan(0);
      }),
    );
  });
});

const ranges = fc.oneof(
  fc.integer({ min: 1, max: 1e8 }).map((seconds) => ({ kind: 'last', spanMs: seconds * 1000 }) as const),
  fc
    .tuple(fc.integer({ min: 0, max: 2e12 }), fc.integer({ min: 1, max: 1e11 }))
    .map(([fromMs, spanMs]) => ({ kind: 'between', fromMs, toMs: fromMs + spanMs }) as const),
);

describe('a range', () => {
  it('is the same after being written and read', () => {
    fc.assert(
      fc.property(ranges, (range) => {
        expect(readRangeText(rangeText(range))).toEqual(range);
      }),
    );
  });

  it('zoomed out is longer and holds what was there; moved it is as long', () => {
    fc.assert(
      fc.property(ranges, (range) => {
        const wider = zoomedOut(range, nowMs);
        const next = moved(range, 1, nowMs);
        const span = range.kind === 'last' ? range.spanMs : range.toMs - range.fromMs;
        if (next.kind === 'between') expect(next.toMs - next.fromMs).toBe(span);
        if (wider.kind === 'last') expect(wider.spanMs).toBeGreaterThanOrEqual(span);
        else if (range.kind === 'between') {
          expect(wider.fromMs).toBeLessThanOrEqual(range.fromMs);
          expect(wider.toMs).toBeGreaterThanOrEqual(range.toMs);
        }
      }),
    );
  });
});

describe('a link', () => {
  it('asks what was asked, of two moments', () => {
    const asked = fc.record({
      query: fc.string({ unit: 'grapheme' }),
      range: ranges,
      limit: fc.constantFrom(100, 500, 1000, 5000),
      tenant: fc.string(),
      live: fc.boolean(),
      instant: fc.boolean(),
      line: fc.constantFrom('', '1700000000000000000-1q2w3e', '0-0'),
    });
    fc.assert(
      fc.property(asked, (one) => {
        const read = readFragment(fragmentOf(one, nowMs));
        const { range: _, ...others } = one;
        expect(read).toMatchObject(others);
        expect(read.range).toEqual(
          one.range.kind === 'last' && !one.live
            ? { kind: 'between', fromMs: nowMs - one.range.spanMs, toMs: nowMs }
            : one.range,
        );
        expect(readFragment(fragmentOf(one, nowMs, true)).range).toEqual(one.range);
      }),
    );
  });

  it.each(['', '#', '#range=x&limit=7&live=yes&line=abc', '#range=5-3', '#%'])(
    'that is wrong asks nothing: %s',
    (fragment) => {
      expect(readFragment(fragment)).toEqual(nothingAsked);
    },
  );
});

describe('axes', () => {
  it('have round numbers from 0 to what is drawn', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), (highest) => {
        const ticks = axisTicks(highest, 3);
        expect(ticks[0]).toBe(0);
        expect(ticks.at(-1)).toBeGreaterThanOrEqual(highest);
        expect(ticks.length).toBeLessThanOrEqual(5);
      }),
    );
  });

  it('have few times, within the range', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1e9, max: 2e12 }),
        fc.integer({ min: 60_000, max: 1e11 }),
        (fromMs, spanMs) => {
          const ticks = timeTicks(fromMs, fromMs + spanMs, 'utc', 5);
          expect(ticks.length).toBeLessThanOrEqual(6);
          for (const { ms } of ticks) {
            expect(ms).toBeGreaterThanOrEqual(fromMs);
            expect(ms).toBeLessThanOrEqual(fromMs + spanMs);
          }
        },
      ),
    );
  });
});
