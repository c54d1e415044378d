import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  directionParameter,
  limitParameter,
  parameter,
  parameterList,
  parseParameters,
} from '../../src/http/parameters/parameters.ts';
import {
  intervalParameter,
  parseSecondsOrDuration,
  parseTime,
  queryBounds,
  stepParameter,
  timeBounds,
} from '../../src/http/parameters/time-parameters.ts';
import { HttpError } from '../../src/http/server/http-error.ts';

const second = 1_000_000_000n;
const now = 1_795_492_000n * second;

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof HttpError && error.status === 400) return error.message;
    throw error;
  }
  throw new Error('accepted');
}

describe('parseParameters', () => {
  it('puts the form before the URL and keeps repeated keys', () => {
    const parameters = parseParameters('match=b&query=url', 'match=a&query=form');
    expect(parameter(parameters, 'query')).toBe('form');
    expect(parameterList(parameters, 'match', 'match[]')).toEqual(['a', 'b']);
  });

  it('reads what URLSearchParams reads, a question mark at the beginning aside', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', '=', '&', '%26', '%c3%a4', '%ff', '+', 'ä', '?', ' '),
    });
    fc.assert(
      fc.property(text, (query) => {
        const read = [...parseParameters(query)].flatMap(([key, values]) =>
          values.map((value) => `${key}=${value}`),
        );
        const want = [...new URLSearchParams(`?${query}`)].map(([key, value]) => `${key}=${value}`);
        expect(read.toSorted()).toEqual(want.toSorted());
      }),
    );
  });

  it('decodes plus, percent and UTF-8', () => {
    expect(parameter(parseParameters('q=%7Ba%3D%22%C3%A4+b%22%7D'), 'q')).toBe('{a="ä b"}');
  });
});

describe('parseTime', () => {
  it.each([
    ['', now],
    ['1768473000', 1_768_473_000n * second],
    ['0', 0n],
    ['-1', -second],
    ['-9223372036854775808', -(2n ** 63n)],
    [`${'0'.repeat(100)}7`, 7n],
    ['1768473000000', 1_768_473_000_000n],
    ['1768473000000000001', 1_768_473_000_000_000_001n],
    ['1768473000.5', 1_768_473_000_500_000_000n],
    ['1768473000.123456789', 1_768_473_000_123_000_000n],
    ['1.7684730e9', 1_768_473_000n * second],
    ['2026-01-15T10:30:00Z', 1_768_473_000n * second],
    ['2026-01-15T11:30:00+01:00', 1_768_473_000n * second],
    ['2026-01-15T05:30:00-05:00', 1_768_473_000n * second],
    ['2026-01-15T10:30:00.123456789Z', 1_768_473_000_123_456_789n],
  ])('%s', (text, want) => {
    expect(parseTime(text, now)).toBe(want);
  });

  it.each([
    ['abc', 'strconv.ParseInt: parsing "abc": invalid syntax'],
    ['NaN', 'strconv.ParseInt: parsing "NaN": invalid syntax'],
    ['1e400', 'strconv.ParseInt: parsing "1e400": invalid syntax'],
    ['2026-01-15', 'strconv.ParseInt: parsing "2026-01-15": invalid syntax'],
    ['2026-01-15t10:30:00z', 'strconv.ParseInt: parsing "2026-01-15t10:30:00z": invalid syntax'],
    ['2026-02-30T10:30:00Z', 'strconv.ParseInt: parsing "2026-02-30T10:30:00Z": invalid syntax'],
    ['9999999999999999999999', 'strconv.ParseInt: parsing "9999999999999999999999": value out of range'],
    ['9223372036854775808', 'strconv.ParseInt: parsing "9223372036854775808": value out of range'],
    ['-9223372036854775809', 'strconv.ParseInt: parsing "-9223372036854775809": value out of range'],
  ])('refuses %s', (text, want) => {
    expect(refusal(() => parseTime(text, now))).toBe(want);
  });

  it('gives back every nanosecond past the seconds form', () => {
    fc.assert(
      fc.property(fc.bigInt(10_000_000_000n, 2n ** 63n - 1n), (ns) => parseTime(String(ns), now) === ns),
    );
  });
});

describe('bounds', () => {
  const bounds = (query: string) => timeBounds(parseParameters(query), now);

  it.each([
    ['', now - 3600n * second, now],
    ['since=10m', now - 600n * second, now],
    ['since=10m&end=1795491000', 1_795_490_400n * second, 1_795_491_000n * second],
    // An end in the future does not move the start.
    ['since=10m&end=1795499000', now - 600n * second, 1_795_499_000n * second],
    ['since=10m&start=1795491900', 1_795_491_900n * second, now],
  ])('%s', (query, startNs, endNs) => {
    expect(bounds(query)).toEqual({ startNs, endNs });
  });

  it.each([
    ['start=abc', `could not parse 'start' parameter: strconv.ParseInt: parsing "abc": invalid syntax`],
    ['end=x', `could not parse 'end' parameter: strconv.ParseInt: parsing "x": invalid syntax`],
    ['start=now&end=now', `could not parse 'end' parameter: strconv.ParseInt: parsing "now": invalid syntax`],
    ['since=abc', `could not parse 'since' parameter: not a valid duration string: "abc"`],
    ['since=5', `could not parse 'since' parameter: not a valid duration string: "5"`],
    ['since=-1h', `could not parse 'since' parameter: not a valid duration string: "-1h"`],
  ])('refuses %s', (query, want) => {
    expect(refusal(() => bounds(query))).toBe(want);
  });

  it('takes an end equal to the start, not one before it', () => {
    expect(queryBounds(parseParameters('start=10&end=10'), now)).toEqual({
      startNs: 10n * second,
      endNs: 10n * second,
    });
    expect(refusal(() => queryBounds(parseParameters('start=11&end=10'), now))).toBe(
      'end timestamp must not be before or equal to start time',
    );
  });
});

describe('durations', () => {
  it.each([
    ['60', 60n * second],
    ['0.5', 500_000_000n],
    ['6e1', 60n * second],
    ['1_000', 1000n * second],
    ['60.0', 60n * second],
    ['1m30s', 90n * second],
    ['7s500ms', 7_500_000_000n],
    ['1w', 604_800n * second],
    ['-5', -5n * second],
  ])('%s', (text, want) => {
    expect(parseSecondsOrDuration(text)).toBe(want);
  });

  it.each(['abc', '1.5m', '-1s', '5x', ''])('refuses %j', (text) => {
    expect(refusal(() => parseSecondsOrDuration(text))).toBe(
      `cannot parse ${JSON.stringify(text)} to a valid duration`,
    );
  });
});

describe('step', () => {
  const range = { startNs: 0n, endNs: 7200n * second };
  const step = (text: string) => stepParameter(parseParameters(`step=${text}`), range);

  it.each([
    ['', 28n * second],
    ['655ms', 655_000_000n],
    ['30', 30n * second],
  ])('%j', (text, want) => {
    expect(step(text)).toBe(want);
  });

  it('is a second at least', () => {
    expect(stepParameter(parseParameters(''), { startNs: 0n, endNs: 100n * second })).toBe(second);
  });

  it.each(['0', '-5'])('refuses %s', (text) => {
    expect(refusal(() => step(text))).toContain('zero or negative query resolution step widths');
  });

  it('refuses more than 11,000 points', () => {
    expect(refusal(() => step('654ms'))).toContain('exceeded maximum resolution of 11,000 points');
  });
});

describe('words and counts', () => {
  it.each([
    ['', 'backward'],
    ['FORWARD', 'forward'],
    ['Backward', 'backward'],
  ])('direction %j is %s', (text, want) => {
    expect(directionParameter(parseParameters(`direction=${text}`))).toBe(want);
  });

  it('refuses another direction', () => {
    expect(refusal(() => directionParameter(parseParameters('direction=sideways')))).toBe(
      "invalid direction 'sideways'",
    );
  });

  it.each([
    ['', 100],
    ['5', 5],
    ['%2B5', 5],
  ])('limit %j is %i', (text, want) => {
    expect(limitParameter(parseParameters(`limit=${text}`), 'limit', 100)).toBe(want);
  });

  it.each([
    ['0', 'limit must be a positive value'],
    ['-1', 'limit must be a positive value'],
    ['1e2', 'strconv.Atoi: parsing "1e2": invalid syntax'],
    ['abc', 'strconv.Atoi: parsing "abc": invalid syntax'],
  ])('refuses limit %s', (text, want) => {
    expect(refusal(() => limitParameter(parseParameters(`limit=${text}`), 'limit', 100))).toBe(want);
  });

  it.each([
    ['', 0n],
    ['5', 5n * second],
    ['1m', 60n * second],
  ])('interval %j', (text, want) => {
    expect(intervalParameter(parseParameters(`interval=${text}`))).toBe(want);
  });

  it('refuses a negative interval', () => {
    expect(refusal(() => intervalParameter(parseParameters('interval=-5')))).toBe('interval must be >= 0');
  });
});
