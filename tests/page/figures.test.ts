// What the page works out itself: the condition of a rule, how the disk will fill.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Status } from '../../src/page/gateway/status.ts';
import { diskForecast } from '../../src/page/overview/disk-forecast.ts';
import { isMetricQuery } from '../../src/page/query/metric-query.ts';
import { conditionOf } from '../../src/page/rules/condition.ts';

describe('the condition of a rule', () => {
  it.each([
    ['sum(rate({a="b"}[5m])) > 3', 'sum(rate({a="b"}[5m]))', '>', 3],
    ['(sum(rate({a="b"}[5m])) >= 0.5)', 'sum(rate({a="b"}[5m]))', '>=', 0.5],
    [
      '((rate({a="b"}[5m]) / rate({c="d"}[5m])) < 1e-3)',
      '(rate({a="b"}[5m]) / rate({c="d"}[5m]))',
      '<',
      0.001,
    ],
    [
      'count_over_time({a="b"} |= "x > 5" [1m]) == bool 2',
      'count_over_time({a="b"} |= "x > 5" [1m])',
      '==',
      2,
    ],
    ['(rate({a="b"}[1m])) > (2)', undefined, '', 0],
    ['rate({a="b"} | size > 5 [1m])', undefined, '', 0],
    ['rate({a="b"}[1m]) > 1 or rate({c="d"}[1m]) > 2', undefined, '', 0],
    ['rate({a="b"}[1m]) > on() rate({c="d"}[1m])', undefined, '', 0],
    ['absent_over_time({a="b and c"}[15m])', undefined, '', 0],
    ['(rate({a="b"}[1m])) > (rate({a="c"}[1m]))', undefined, '', 0],
    ['> 3', undefined, '', 0],
  ])('%s', (query, measured, operator, bound) => {
    expect(conditionOf(query)).toEqual(measured === undefined ? undefined : { measured, operator, bound });
  });

  it('is found in no text that has none, whatever it is', () => {
    fc.assert(fc.property(fc.string(), (text) => conditionOf(`${text} [1m])`) === undefined));
  });
});

it.each([
  ['{a="b"} |= "rate("', false],
  ['{a="b"} | json | status > 5', false],
  ['sum(rate({a="b"}[5m])) by (c)', true],
  ['1 + 1', true],
  ['error timeout', false],
  ['', false],
])('a metric query is one: %s', (query, metric) => {
  expect(isMetricQuery(query)).toBe(metric);
});

describe('the disk ahead', () => {
  const [gib, dayMs] = [2 ** 30, 86_400_000];
  /** A day of running in which 10 GiB of lines came, of which a tenth is on disk. */
  const status = (part: { freeBytes?: number; periodMs?: number; runningMs?: number }): Status =>
    ({
      nowMs: dayMs * 100,
      startedMs: dayMs * 100 - (part.runningMs ?? dayMs),
      ingest: { lines: 1, bytes: 10 * gib, discarded: 0 },
      store: { fileBytes: gib, rawBytes: 10 * gib, entries: 1, streams: 1, unsealedBytes: 0 },
      disk: { freeBytes: part.freeBytes ?? 100 * gib, sizeBytes: 200 * gib },
      retention: { periodMs: part.periodMs ?? 7 * dayMs, lastRunMs: null, nextRunMs: null },
    }) as unknown as Status;

  it.each([
    ['as much goes as comes', {}, { bytesPerDay: gib, bytesAtEnd: 7 * gib, fullInMs: undefined }],
    [
      'too small for what is kept',
      { freeBytes: 3 * gib },
      { bytesPerDay: gib, bytesAtEnd: 7 * gib, fullInMs: 3 * dayMs },
    ],
    ['for ever', { periodMs: 0 }, { bytesPerDay: gib, bytesAtEnd: undefined, fullInMs: 100 * dayMs }],
  ])('%s', (_name, part, forecast) => {
    expect(diskForecast(status(part))).toEqual(forecast);
  });

  it('is not told of a few minutes, nor without a store or a disk', () => {
    expect(diskForecast(status({ runningMs: 600_000 }))).toBeUndefined();
    expect(diskForecast({ ...status({}), store: null })).toBeUndefined();
    expect(diskForecast({ ...status({}), disk: null })).toBeUndefined();
  });
});
