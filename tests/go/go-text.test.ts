import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { humanizeBytes, humanizeIBytes, parseBytes } from '../../src/go/bytes.ts';
import { formatDataSize, parseDataSize } from '../../src/go/data-size.ts';
import { formatGoDuration, parseGoDuration } from '../../src/go/duration.ts';
import {
  formatGoFixed,
  formatGoFloat,
  formatGoGeneral,
  goFloatError,
  parseGoFloat,
} from '../../src/go/number.ts';
import {
  formatPrometheusDuration,
  parseEitherDuration,
  parsePrometheusDuration,
} from '../../src/go/prometheus-duration.ts';
import { quoteGo, unquoteGo } from '../../src/go/quote.ts';
import { formatRfc3339OfNs, parseRfc3339 } from '../../src/go/rfc3339.ts';
import { joinNs } from '../../src/model/time.ts';

describe('quoteGo and unquoteGo', () => {
  it.each([
    ['plain', '"plain"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ['\x07\b\f\n\r\t\v', '"\\a\\b\\f\\n\\r\\t\\v"'],
    ['\0\x7f', '"\\x00\\x7f"'],
    ['é日😀', '"é日😀"'],
    ['\u00a0\u200b\ufeff', '"\\u00a0\\u200b\\ufeff"'],
    ['\u{e0001}', '"\\U000e0001"'],
  ])('%j is %s', (text, literal) => {
    expect(quoteGo(text)).toBe(literal);
    expect(unquoteGo(literal)).toBe(text);
  });

  it.each([
    ['`a\\n"b`', 'a\\n"b'],
    ['"\\x41\\101\\u0041\\U00000041"', 'AAAA'],
    ['"\\xc3\\xa9"', 'é'],
    ['"\\xff"', '\ufffd'],
    ['"a\\xc3\\251\\u00e9b"', 'aééb'],
    ['"\\xc3-\\xa9"', '\ufffd-\ufffd'],
    ['"\\x4"', undefined],
    ['"\\n\\"', undefined],
    ['"a\\n"b"', undefined],
    ['"\\ud800"', undefined],
    ['"\\U00110000"', undefined],
    ['"\\q"', undefined],
    ['"\\\'"', undefined],
    ['"a"b"', undefined],
    ['"', undefined],
    ['"\\400"', undefined],
    ['"\\x4"', undefined],
  ])('%s reads as %j', (literal, text) => {
    expect(unquoteGo(literal)).toBe(text);
  });

  it('are inverse', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(unquoteGo(quoteGo(text))).toBe(text);
      }),
    );
  });
});

describe('Go numbers', () => {
  it.each([
    ['1', 1],
    ['-1.5e3', -1500],
    ['.5', 0.5],
    ['5.', 5],
    ['+1', 1],
    ['1_000', 1000],
    ['0x1p-2', 0.25],
    ['0x1.8p1', 3],
    ['inf', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['NaN', Number.NaN],
    ['1e400', undefined],
    ['0x10', undefined],
    ['1__0', undefined],
    ['_1', undefined],
    ['1_', undefined],
    ['', undefined],
    [' 1', undefined],
    ['1e', undefined],
    ['+nan', undefined],
  ])('%j parses to %d', (text, value) => {
    expect(parseGoFloat(text)).toBe(value);
  });

  it.each([
    ['0x10', 'strconv.ParseFloat: parsing "0x10": invalid syntax'],
    ['1e400', 'strconv.ParseFloat: parsing "1e400": value out of range'],
    ['', 'strconv.ParseFloat: parsing "": invalid syntax'],
  ])('%j fails', (text, message) => {
    expect(goFloatError(text)).toBe(message);
  });

  it.each([
    [0, '0', '0', '0.000000'],
    [-0, '-0', '-0', '-0.000000'],
    [1e21, '1000000000000000000000', '1e+21', '1000000000000000000000.000000'],
    [123456789, '123456789', '1.23456789e+08', '123456789.000000'],
    [100000, '100000', '100000', '100000.000000'],
    [1000000, '1000000', '1e+06', '1000000.000000'],
    [0.0001, '0.0001', '0.0001', '0.000100'],
    [0.00001, '0.00001', '1e-05', '0.000010'],
    [1.5e-7, '0.00000015', '1.5e-07', '0.000000'],
    [1.25e-10, '0.000000000125', '1.25e-10', '0.000000'],
    [-1.5e300, `-15${'0'.repeat(299)}`, '-1.5e+300', `-15${'0'.repeat(299)}.000000`],
    [Number.NaN, 'NaN', 'NaN', 'NaN'],
    [Number.POSITIVE_INFINITY, '+Inf', '+Inf', '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf', '-Inf', '-Inf'],
  ])('%d prints', (value, plain, general, fixed) => {
    expect([formatGoFloat(value), formatGoGeneral(value), formatGoFixed(value)]).toEqual([
      plain,
      general,
      fixed,
    ]);
  });

  it('print so that they parse back', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        expect(parseGoFloat(formatGoFloat(value))).toBe(value);
        expect(parseGoFloat(formatGoGeneral(value))).toBe(value);
      }),
    );
  });
});

describe('durations', () => {
  it.each([
    ['1h30m', 5_400_000_000_000n, '1h30m0s'],
    ['1.5s', 1_500_000_000n, '1.5s'],
    ['-1.5h', -5_400_000_000_000n, '-1h30m0s'],
    ['100ns', 100n, '100ns'],
    ['1us', 1_000n, '1µs'],
    ['1.5µs', 1_500n, '1.5µs'],
    ['2ms', 2_000_000n, '2ms'],
    ['0', 0n, '0s'],
    ['+5s', 5_000_000_000n, '5s'],
    ['.5m', 30_000_000_000n, '30s'],
    ['1m1ns', 60_000_000_001n, '1m0.000000001s'],
    ['1s1h', 3_601_000_000_000n, '1h0m1s'],
  ])('Go: %s is %d ns', (text, durationNs, printed) => {
    expect(parseGoDuration(text)).toBe(durationNs);
    expect(formatGoDuration(durationNs)).toBe(printed);
  });

  it.each([
    ['', 'time: invalid duration ""'],
    ['-', 'time: invalid duration "-"'],
    ['5', 'time: missing unit in duration "5"'],
    ['5d', 'time: unknown unit "d" in duration "5d"'],
    ['x', 'time: invalid duration "x"'],
    ['.s', 'time: invalid duration ".s"'],
    ['9223372037s', 'time: invalid duration "9223372037s"'],
  ])('Go: %j fails', (text, message) => {
    expect(parseGoDuration(text)).toBe(message);
  });

  it('Go: print so that they parse back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }), (durationNs) => {
        expect(parseGoDuration(formatGoDuration(durationNs))).toBe(durationNs);
      }),
    );
  });

  it.each([
    ['5m', 300_000_000_000n, '5m'],
    ['90s', 90_000_000_000n, '1m30s'],
    ['1d12h', 129_600_000_000_000n, '1d12h'],
    ['7d', 604_800_000_000_000n, '1w'],
    ['8d', 691_200_000_000_000n, '8d'],
    ['365d', 31_536_000_000_000_000n, '1y'],
    ['0s', 0n, '0s'],
    ['0', 0n, '0s'],
    ['1h1m1s1ms', 3_661_001_000_000n, '1h1m1s1ms'],
  ])('Prometheus: %s is %d ns', (text, durationNs, printed) => {
    expect(parsePrometheusDuration(text)).toBe(durationNs);
    expect(formatPrometheusDuration(durationNs)).toBe(printed);
  });

  it.each([
    ['', 'empty duration string'],
    ['5', 'not a valid duration string: "5"'],
    ['1s1h', 'not a valid duration string: "1s1h"'],
    ['-5m', 'not a valid duration string: "-5m"'],
    ['0.5h', 'unknown unit "." in duration "0.5h"'],
    ['5M', 'unknown unit "M" in duration "5M"'],
    ['300y', 'duration out of range'],
  ])('Prometheus: %j fails', (text, message) => {
    expect(parsePrometheusDuration(text)).toBe(message);
  });
});

describe('bytes', () => {
  it.each([
    ['5KB', 5_000],
    ['5kb', 5_000],
    ['1.5 GiB', 1_610_612_736],
    ['42', 42],
    ['1,000B', 1_000],
    ['0B', 0],
    ['1.9B', 1],
    ['ms', 'strconv.ParseFloat: parsing "": invalid syntax'],
    ['5ms', 'unhandled size name: ms'],
    ['100EB', 'too large: 100EB'],
  ])('%j is %j', (text, value) => {
    expect(parseBytes(text)).toBe(value);
  });

  it.each([
    [0, '0 B', '0 B'],
    [9, '9 B', '9 B'],
    [999, '999 B', '999 B'],
    [5_000, '5.0 kB', '4.9 KiB'],
    [12_345, '12 kB', '12 KiB'],
    [82_854_982, '83 MB', '79 MiB'],
  ])('%d prints', (bytes, decimal, binary) => {
    expect([humanizeBytes(bytes), humanizeIBytes(bytes)]).toEqual([decimal, binary]);
  });
});

describe('data sizes', () => {
  it.each([
    [0, '0B'],
    [1023, '1023B'],
    [1024, '1KB'],
    [3000, '3000B'],
    [3 * 2 ** 20, '3MB'],
    [2 ** 40, '1TB'],
    [5 * 2 ** 60, '5EB'],
  ])('%d bytes print as %s', (bytes, text) => {
    expect(formatDataSize(bytes)).toBe(text);
    expect(parseDataSize(text)).toBe(bytes);
  });

  it.each([
    ['42', 42],
    ['1.5KB', 1536],
    ['0.3 kib', 307],
    ['16m', 16 * 2 ** 20],
    [' 2 GiB ', 2 ** 31],
    ['', undefined],
    ['KB', undefined],
    ['-1KB', undefined],
    ['1e3', undefined],
    ['1XB', undefined],
    ['1 K B', undefined],
  ])('%j is %s', (text, bytes) => {
    expect(parseDataSize(text)).toBe(bytes);
  });
});

describe('durations in either form', () => {
  it.each([
    ['7d', 604_800_000_000_000n],
    ['1.5h', 5_400_000_000_000n],
    ['0', 0n],
    ['-1h', undefined],
    ['1', undefined],
  ])('%j is %s', (text, ns) => {
    expect(parseEitherDuration(text)).toBe(ns);
  });
});

describe('RFC 3339', () => {
  it.each([
    ['2026-11-24T03:44:19Z', '2026-11-24T03:44:19Z'],
    ['2026-11-24T03:44:19.500000000Z', '2026-11-24T03:44:19.5Z'],
    ['2026-11-24T03:44:19,25+01:00', '2026-11-24T02:44:19.25Z'],
    ['2024-02-29T00:00:00-00:30', '2024-02-29T00:30:00Z'],
    ['1969-12-31T23:59:59.999999999Z', '1969-12-31T23:59:59.999999999Z'],
  ])('%s is read and printed as %s', (text, printed) => {
    const time = parseRfc3339(text);
    expect(time && formatRfc3339OfNs(joinNs(time.seconds, time.nanos))).toBe(printed);
  });

  it.each([
    '2026-02-29T00:00:00Z',
    '2026-11-24T24:00:00Z',
    '2026-11-24T03:44:60Z',
    '2026-11-24T03:44:19',
    '2026-11-24 03:44:19Z',
    '2026-11-24T03:44:19z',
    '2026-11-24T03:44:19+25:00',
    '2026-11-24',
  ])('%s is none', (text) => {
    expect(parseRfc3339(text)).toBeUndefined();
  });
});
