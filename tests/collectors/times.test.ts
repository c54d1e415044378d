// Times that lines bear: formats, zones, years that are not written, and what is no time of the line.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLine } from '../../src/collectors/parse/line-parser.ts';
import { anyTime, TimeReader } from '../../src/collectors/parse/time-reader.ts';
import { acceptedByDefault } from '../../src/collectors/settings.ts';
import { timeZone, zoneAt } from '../../src/go/zone.ts';
import { joinNs } from '../../src/model/time.ts';

const at = (iso: string): bigint => BigInt(Date.parse(iso)) * 1_000_000n;

/** Time of a line read at `now` in a zone. */
function timeOf(line: string, now: string, zone: string, accepted = acceptedByDefault): bigint | undefined {
  const { time } = parseLine(line, 'auto', new TimeReader(timeZone(zone), accepted).at(at(now)));
  return time && joinNs(time.seconds, time.nanos);
}

const now = '2026-11-30T11:33:00Z';
const second = at('2026-11-30T11:31:36Z');
const milli = second + 123_000_000n;

describe('a line of one moment', () => {
  it.each<[zone: string, line: string, expected?: bigint]>([
    ['Europe/Berlin', '2026-11-30 12:31:36,123 INFO python logging', milli],
    ['Europe/Berlin', 'Nov 30 12:31:36 myhost sshd[12]: auth.log'],
    ['UTC', '2026-11-30 12:31:36.123 CET [4711] LOG:  postgres', milli],
    ['UTC', '2026-11-30 14:31:36.123 +03 [4711] LOG:  postgres, zone without a name', milli],
    ['UTC', '2026-11-30 06:31:36 EST started'],
    ['UTC', '2026-11-30 03:31:36 PST started'],
    ['UTC', '2026-11-30 20:31:36 JST started'],
    ['UTC', '2026-11-30 14:31:36 MSK started'],
    ['UTC', '2026-11-30 17:01:36 IST India, unless the zone says otherwise'],
    ['Europe/Dublin', '2026-11-30 11:31:36 GMT started'],
    ['Asia/Shanghai', '2026-11-30 19:31:36 CST China, as the zone is'],
    ['America/Chicago', '2026-11-30 05:31:36 CST'],
    ['UTC', '2026-11-30 11:31:36 ERROR a word that is no zone'],
    ['UTC', '2026-11-30 11:31:36 UTC started'],
    ['UTC', '2026-11-30 11:31:36Z started'],
    ['Asia/Tokyo', '2026-11-30 12:31:36 GMT+1 hours behind a name'],
    ['Asia/Tokyo', '2026-11-30 06:31:36 UTC-5 hours behind a name'],
    ['Asia/Tokyo', '2026-11-30 13:31:36.123 UTC+02:00 and minutes', milli],
    ['Asia/Tokyo', '2026-11-30 17:01:36 UTC+5:30 and minutes'],
    ['Asia/Tokyo', '2026-11-30 11:31:36 UTC-server a word behind a name'],
    ['Asia/Tokyo', '2026-11-30 11:31:36 UTC+99 no zone behind a name'],
    ['Asia/Tokyo', 'Mon Nov 30 2026 12:31:36 GMT+0100 (Central European Standard Time) JavaScript'],
    ['Europe/Berlin', '[Mon Nov 30 12:31:36.123700 2026] [core:error] apache', milli + 700_000n],
    ['UTC', 'Mon Nov 30 12:31:36 CET 2026 date(1)'],
    ['UTC', 'Mon, 30 Nov 2026 11:31:36 GMT mail'],
    ['Europe/Berlin', '30/11/2026 12:31:36 day first'],
    ['Europe/Berlin', '11/30/2026, 12:31:36 PM month first'],
    ['Europe/Berlin', '30.11.2026 12:31:36 dots'],
    ['UTC', '30-Nov-2026 11:31:36.123 INFO tomcat', milli],
    ['UTC', 'Nov 30, 2026 11:31:36 AM java.util.logging'],
    ['Asia/Tokyo', 'Nov 30, 2026 8:31:36 PM java.util.logging'],
    ['UTC', '20261130 11:31:36 compact'],
    ['UTC', '20261130T113136Z compact'],
    ['UTC', '261130 11:31:36 mysqld'],
    ['UTC', '2026/11/30 11:31:36 [error] 12#12: *1 nginx'],
    ['Asia/Tokyo', '192.0.2.1 - - [30/Nov/2026:11:31:36 +0000] "GET / HTTP/1.1" 200 1'],
    ['UTC', 'I1130 11:31:36.123456       1 main.go:10] klog', milli + 456_000n],
    ['UTC', 'INFO  2026-11-30 11:31:36,123 [main] log4j', milli],
    ['UTC', '[WARN] 2026-11-30 11:31:36,123 level first', milli],
    ['UTC', '1796038296.123    120 192.0.2.1 TCP_MISS/200 squid', milli],
    ['UTC', '1796038296123 java epoch', milli],
    ['Europe/Berlin', '{"@timestamp":"2026-11-30 12:31:36,123","message":"log4j json"}', milli],
    ['UTC', '{"ts":1796038296.1230001,"msg":"zap"}', milli + 100n],
    ['UTC', '{"time":1796038296123456,"msg":"micro"}', milli + 456_000n],
    ['UTC', '{"date":"1990-01-01T00:00:00Z","ts":"2026-11-30T11:31:36Z"}'],
    ['UTC', 'level=info ts=2026-11-30T11:31:36.1234567891234Z', milli + 456_789n],
    ['UTC', '2026-11-30 11:31:36 level=info msg="logfmt behind a time"'],
    ['UTC', '2026-11-30T11:31:36.1Z', second + 100_000_000n],
    ['UTC', '2026-11-30T11:31:36,12345678912Z', second + 123_456_789n],
  ])('in %s: %s', (zone, line, expected = second) => expect(timeOf(line, now, zone)).toBe(expected));

  it.each([
    '{"level":"info","msg":"business date","date":"1990-01-01T00:00:00Z"}',
    '{"level":"info","msg":"in the future","eventTime":"2027-06-01T10:00:00Z"}',
    '{"level":"info","msg":"a time in a field of another name","due":"2026-11-30T11:00:00Z"}',
    '{"list":["a"],"more":["2026-11-30 11:31:36"],"msg":"[2026-11-30 11:31:36]"}',
    '{"level":"info","msg":"duration in ns","time":1500000000}',
    '{"level":"info","msg":"uptime in us","ts":123456789012}',
    '{"level":"info","msg":"a count","time":1.5e12}',
    'level=info msg="logfmt date" date=2020-01-01T00:00:00Z',
    '2020-01-15 00:00:00;ACME;CSV whose first column is a date',
    'INFO request [2019-05-01 10:00:00] expires',
    '1970-01-01 00:00:12 boot before NTP',
    '2026-11-30 11:45:00 further ahead than the clocks differ',
    '2026-02-30 11:31:36 no such day',
    '31/11/2026 11:31:36 no such day',
    'Nov 30, 2026 13:31:36 PM no such hour',
    '2026-11-30 24:00:00 no such hour',
    '12345678 a number',
    '999999999999999999999 a long number',
    'plain',
  ])('has no time of its own: %s', (line) => expect(timeOf(line, now, 'UTC')).toBeUndefined());
});

it('a time that the store would not accept is given beside, unless it counts something else', () => {
  const refused = (line: string): string | undefined => {
    const found = parseLine(
      line,
      'auto',
      new TimeReader(timeZone('UTC'), acceptedByDefault).at(at(now)),
    ).refused;
    return found && new Date(found.seconds * 1000).toISOString();
  };
  expect(refused('2020-01-15 00:00:00;ACME')).toBe('2020-01-15T00:00:00.000Z');
  expect(refused('{"date":"1990-01-01T00:00:00Z"}')).toBe('1990-01-01T00:00:00.000Z');
  expect(refused('{"date":"1990-01-01T00:00:00Z","ts":"2026-11-30T11:31:36Z"}')).toBeUndefined();
  expect(refused('{"time":1500000000}')).toBeUndefined();
});

describe('a time without a year', () => {
  it.each([
    ['Dec 31 23:59:58 h x', '2027-01-01T00:00:02Z', 'UTC', '2026-12-31T23:59:58Z'],
    ['Jan  1 00:00:01 h ahead', '2026-12-31T23:59:58Z', 'UTC', '2027-01-01T00:00:01Z'],
    ['Jan  1 01:30:00 h local', '2027-01-01T00:31:00Z', 'Europe/Berlin', '2027-01-01T00:30:00Z'],
    ['Jan  1 00:30:00 h local', '2026-12-31T23:31:00Z', 'Europe/Berlin', '2026-12-31T23:30:00Z'],
    ['Jan  1 08:30:00 h local', '2026-12-31T23:31:00Z', 'Asia/Tokyo', '2026-12-31T23:30:00Z'],
    ['Dec 31 18:30:00 h local', '2026-12-31T23:31:00Z', 'America/New_York', '2026-12-31T23:30:00Z'],
    ['Feb 29 12:00:00 h leap', '2028-02-29T12:00:05Z', 'UTC', '2028-02-29T12:00:00Z'],
    ['I1231 23:59:58.000000 1 klog', '2027-01-01T00:00:02Z', 'UTC', '2026-12-31T23:59:58Z'],
  ])('%s, read at %s in %s', (line, read, zone, expected) =>
    expect(timeOf(line, read, zone)).toBe(at(expected)),
  );
});

describe('clocks that are set', () => {
  it.each([
    // Back: 02:30 comes twice, first as CEST.
    ['2026-10-25 02:30:00 first', '2026-10-25T00:30:05Z', 'Europe/Berlin', '2026-10-25T00:30:00Z'],
    ['2026-10-25 02:30:00 again', '2026-10-25T01:30:05Z', 'Europe/Berlin', '2026-10-25T01:30:00Z'],
    ['2026-10-25 01:59:59 before', '2026-10-25T01:30:05Z', 'Europe/Berlin', '2026-10-24T23:59:59Z'],
    // Forward: 02:30 never comes; by a clock that was not yet set it is this.
    ['2026-03-29 02:30:00 skipped', '2026-03-29T01:31:00Z', 'Europe/Berlin', '2026-03-29T01:30:00Z'],
    ['2026-11-01 01:30:00 EDT', '2026-11-01T06:31:00Z', 'America/New_York', '2026-11-01T05:30:00Z'],
    ['2026-11-01 01:30:00 EST', '2026-11-01T06:31:00Z', 'America/New_York', '2026-11-01T06:30:00Z'],
    // At a minute past midnight.
    ['1987-10-25 00:01:00 the second', '1987-10-25T03:31:05Z', 'America/St_Johns', '1987-10-25T03:31:00Z'],
    // By half an hour.
    ['2026-04-05 01:45:00 first', '2026-04-04T14:46:00Z', 'Australia/Lord_Howe', '2026-04-04T14:45:00Z'],
    ['2026-04-05 01:45:00 again', '2026-04-04T15:16:00Z', 'Australia/Lord_Howe', '2026-04-04T15:15:00Z'],
  ])('%s, read at %s in %s', (line, read, zone, expected) =>
    expect(timeOf(line, read, zone)).toBe(at(expected)),
  );

  it('a leap second is the first second of the next minute', () => {
    expect(timeOf('2016-12-31T23:59:60.5Z x', '2017-01-01T00:00:01Z', 'UTC')).toBe(
      at('2017-01-01T00:00:00.500Z'),
    );
    expect(timeOf('Dec 31 23:59:60 h x', '2017-01-01T00:00:01Z', 'UTC')).toBe(at('2017-01-01T00:00:00Z'));
  });
});

const zones = [
  'UTC',
  'Europe/Berlin',
  'Asia/Tokyo',
  'America/St_Johns',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Apia',
];
const two = (value: number): string => String(value).padStart(2, '0');
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** How programs write what the clock on the wall shows; `y` is a date in UTC of that reading. */
const writers: readonly ((y: Date) => string)[] = [
  (y) => y.toISOString().slice(0, 19).replace('T', ' '),
  (y) => y.toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' '),
  (y) => `${months[y.getUTCMonth()]} ${String(y.getUTCDate()).padStart(2)} ${y.toISOString().slice(11, 19)}`,
  (y) =>
    `[Mon ${months[y.getUTCMonth()]} ${two(y.getUTCDate())} ${y.toISOString().slice(11, 19)} ${y.getUTCFullYear()}]`,
  (y) => `${y.toISOString().slice(0, 10).replaceAll('-', '')} ${y.toISOString().slice(11, 19)}`,
  (y) =>
    `${two(y.getUTCDate())}-${months[y.getUTCMonth()]}-${y.getUTCFullYear()} ${y.toISOString().slice(11, 19)}`,
  (y) =>
    `I${two(y.getUTCMonth() + 1)}${two(y.getUTCDate())} ${y.toISOString().slice(11, 19)}.000000 1 x.go:1]`,
];

it('what a clock on the wall shows at any moment in any zone is read back as that moment, right then', () => {
  const seconds = fc.integer({ min: Date.UTC(1975, 0, 1) / 1000, max: Date.UTC(2035, 0, 1) / 1000 });
  fc.assert(
    fc.property(seconds, fc.constantFrom(...zones), fc.constantFrom(...writers), (moment, name, write) => {
      const wall = new Date((moment + zoneAt(timeZone(name), moment).offsetSeconds) * 1000);
      const line = `${write(wall)} text`;
      expect(timeOf(line, new Date(moment * 1000).toISOString(), name)).toBe(BigInt(moment) * 1_000_000_000n);
    }),
  );
});

it('no text makes it throw, and what it gives is within what is accepted', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.stringMatching(/^\[?[A-Z]?[0-9/:. ,-]{0,40}(Nov|CET|PM|Z|T)?[0-9/:. ,-]{0,20}$/),
  );
  fc.assert(
    fc.property(text, fc.constantFrom(...zones), (line, zone) => {
      timeOf(line, now, zone, anyTime);
      const found = timeOf(line, now, zone);
      if (found === undefined) return;
      expect(found).toBeGreaterThanOrEqual(at(now) - BigInt(acceptedByDefault.maxAgeMs) * 1_000_000n);
      expect(found).toBeLessThan(at(now) + BigInt(acceptedByDefault.aheadMs + 1_000) * 1_000_000n);
    }),
  );
});
