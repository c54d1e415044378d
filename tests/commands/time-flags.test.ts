import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../src/commands/cli/arguments.ts';
import { UsageError } from '../../src/commands/cli/command.ts';
import { formatTimestamp } from '../../src/commands/cli/entry-format.ts';
import { parseDateTime, rangeFlags, rangeOf } from '../../src/commands/cli/time-flags.ts';

const nowNs = 1_795_491_900_000_000_000n;
const clock = { nowNs: () => nowNs };
const range = (given: readonly string[]) => rangeOf(parseArguments(rangeFlags, given), clock, '1h');
const secondNs = 1_000_000_000n;
const hourNs = 3600n * secondNs;

describe('rangeOf', () => {
  it.each<[given: readonly string[], startNs: bigint, endNs: bigint]>([
    [[], nowNs - hourNs, nowNs],
    [['--since', '15m'], nowNs - hourNs / 4n, nowNs],
    [['--since=1h30m'], nowNs - (hourNs * 3n) / 2n, nowNs],
    [['--since', '7d'], nowNs - 168n * hourNs, nowNs],
    [['--since', '1.5h'], nowNs - (hourNs * 3n) / 2n, nowNs],
    [['--from', '1795490000'], 1_795_490_000n * secondNs, nowNs],
    [['--from', '1795490000000000001'], 1_795_490_000_000_000_001n, nowNs],
    [['--from', 'now-2h', '--to', 'now-1h'], nowNs - 2n * hourNs, nowNs - hourNs],
    [['--to', 'now-1h'], nowNs - 2n * hourNs, nowNs - hourNs],
    [['--from', '2026-01-01', '--since', '1h'], BigInt(new Date(2026, 0, 1).getTime()) * 1_000_000n, nowNs],
    [['--from', '2026-01-01T01:00:00.5+01:00'], 1_767_225_600n * secondNs + secondNs / 2n, nowNs],
  ])('%j', (given, startNs, endNs) => {
    expect(range(given)).toEqual({ startNs, endNs });
  });

  // 2026-11-24T04:25:00Z, in the zone of the machine.
  const localNs = (day: number, ...time: [hour: number, minute?: number, second?: number]): bigint =>
    BigInt(new Date(2026, 10, day, ...time).getTime()) * 1_000_000n;
  const dayNow = new Date(Number(nowNs / 1_000_000n)).getDate();
  it.each<[text: string, ns: bigint]>([
    ['2026-11-23T11:00:00', localNs(23, 11)],
    ['2026-11-23 11:05', localNs(23, 11, 5)],
    ['2026-11-23 11:05:06.25', localNs(23, 11, 5, 6) + secondNs / 4n],
    ['2026-11-23', localNs(23, 0)],
    ['today', localNs(dayNow, 0)],
    ['yesterday', localNs(dayNow - 1, 0)],
    ['yesterday 14:30', localNs(dayNow - 1, 14, 30)],
    ['00:01', localNs(dayNow, 0, 1)],
    ['2h ago', nowNs - 2n * hourNs],
    ['2 days ago', nowNs - 48n * hourNs],
    ['90 minutes ago', nowNs - (hourNs * 3n) / 2n],
  ])('--from "%s"', (text, ns) => {
    expect(range(['--from', text]).startNs).toBe(ns);
  });

  it.each([
    [['--since', 'abc'], 'flag --since: expected a duration'],
    [['--since', '-1h'], 'flag --since: expected a duration'],
    [['--from', 'the day before'], 'flag --from: expected a time'],
    [['--from', '25:00'], 'flag --from: expected a time'],
    [['--from', '2026-02-30'], 'flag --from: expected a time'],
    [['--from', '2026-13-01'], 'flag --from: expected a time'],
    [['--from', 'now', '--to', 'now'], 'the range is empty'],
  ])('refuses %j', (given, message) => {
    expect(() => range(given)).toThrow(UsageError);
    expect(() => range(given)).toThrow(message);
  });
});

it('reads back every time that it writes', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 4_000_000_000_000_000_000n), (ns) => {
      expect(parseDateTime(formatTimestamp(ns, 'rfc3339nano', true))).toBe(ns);
    }),
  );
});
