import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseRecordTime, RecordTimes } from '../../../src/ingest/records/record-time.ts';

it.each([
  ['2026-11-30T10:00:00Z', 1_796_032_800, 0],
  ['2026-11-30T10:00:00.5Z', 1_796_032_800, 500_000_000],
  ['2026-11-30T12:00:00.123456789+02:00', 1_796_032_800, 123_456_789],
  ['2026-11-30T12:00:00+0200', 1_796_032_800, 0],
  ['2026-11-30T12:00:00+02', 1_796_032_800, 0],
  ['2026-11-30 10:00:00', 1_796_032_800, 0],
  ['2026-11-30 10:00:00,25', 1_796_032_800, 250_000_000],
  ['1796032800', 1_796_032_800, 0],
  ['1796032800.123', 1_796_032_800, 123_000_000],
  ['1796032800123', 1_796_032_800, 123_000_000],
  ['1796032800123.5', 1_796_032_800, 123_500_000],
  ['1796032800123456', 1_796_032_800, 123_456_000],
  ['1796032800123456789', 1_796_032_800, 123_456_789],
  ['1', 1, 0],
])('%s', (text, seconds, nanos) => {
  expect(parseRecordTime(text)).toEqual({ seconds, nanos });
});

it.each([
  '',
  'soon',
  '-1',
  '1e9',
  '2026-11-30',
  '2026-13-30T10:00:00Z',
  '1960-01-01T00:00:00Z',
  '9999999999999999999',
])('%s is none', (text) => {
  expect(parseRecordTime(text)).toBeUndefined();
});

it('what is told from the bytes is what the text says, after whatever times before', () => {
  const two = fc.integer({ min: 0, max: 99 }).map((number) => String(number).padStart(2, '0'));
  const clock = fc.tuple(two, two, two).map((parts) => parts.join(':'));
  const rest = fc.constantFrom(
    'Z',
    '.5Z',
    '.000000001Z',
    '.1234567891Z',
    '.Z',
    '',
    '+01:00',
    ',5Z',
    'z',
    '.x1Z',
  );
  const dated = fc
    .tuple(
      fc.constantFrom('2026-11-30T', '2026-12-01T', '1969-12-31T', '2262-04-11T', '2026-02-30T'),
      clock,
      rest,
    )
    .map((parts) => JSON.stringify(parts.join('')));
  const json = fc.oneof(
    dated,
    fc.integer().map(String),
    fc.maxSafeNat().map(String),
    fc.double({ min: 0 }).map(String),
  );
  fc.assert(
    fc.property(fc.array(json, { maxLength: 20 }), (values) => {
      const times = new RecordTimes();
      for (const value of values) {
        const bytes = Buffer.from(` ${value} `);
        const text = value.startsWith('"') ? (JSON.parse(value) as string) : value;
        const read = times.at(bytes, 1, bytes.length - 1) ?? times.of(text);
        expect(read).toEqual(parseRecordTime(text));
      }
    }),
    { numRuns: 1000 },
  );
});

/** Exponent of the unit → the digits that a whole number of it has, from the second of them on. */
const units = [
  [0, 1],
  [3, 12],
  [6, 15],
  [9, 18],
] as const;

it('each moment in each unit is the same moment', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 9_223_372_035_999_999_999n }),
      fc.constantFrom(...units),
      (ns, [exponent, digitsMin]) => {
        const unit = 10n ** BigInt(9 - exponent);
        const whole = String(ns / unit);
        fc.pre(whole.length >= digitsMin);
        const fraction = exponent === 9 ? '' : `.${String(ns % unit).padStart(9 - exponent, '0')}`;
        expect(parseRecordTime(whole + fraction)).toEqual({
          seconds: Number(ns / 1_000_000_000n),
          nanos: Number(ns % 1_000_000_000n),
        });
      },
    ),
  );
});
