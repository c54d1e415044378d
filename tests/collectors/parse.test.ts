// Times, levels, formats, multiline.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCri } from '../../src/collectors/parse/cri.ts';
import { fieldTime } from '../../src/collectors/parse/json-line.ts';
import { type LineFormat, parseLine } from '../../src/collectors/parse/line-parser.ts';
import { type JoinedLine, MultilineJoiner, multilineOptions } from '../../src/collectors/parse/multiline.ts';
import { anyTime, TimeReader } from '../../src/collectors/parse/time-reader.ts';
import { type Instant, isoTime } from '../../src/collectors/parse/timestamps.ts';
import { levelOfField, levelOfPriority } from '../../src/formats/logger-levels.ts';
import { utc } from '../../src/go/zone.ts';
import { joinNs } from '../../src/model/time.ts';

const nowNs = BigInt(Date.UTC(2026, 10, 24, 15)) * 1_000_000n;
const second = BigInt(Date.UTC(2026, 10, 24, 15, 4, 5) / 1000) * 1_000_000_000n;
const reader = new TimeReader(utc, anyTime).at(nowNs);
const nsOf = (time: Instant | undefined): bigint | undefined => time && joinNs(time.seconds, time.nanos);

describe('times', () => {
  it.each<[string, bigint | undefined]>([
    ['2026-11-24T15:04:05Z', second],
    ['2026-11-24T15:04:05.123456789Z', second + 123_456_789n],
    ['2026-11-24T15:04:05.1234567891Z', second + 123_456_789n],
    ['2026-11-24T17:04:05+02:00', second],
    ['2026-11-24T17:04:05+0200', second],
    ['2026-11-24 15:04:05,250', second + 250_000_000n],
    ['2026-11-24 15:04:05.5 UTC', second + 500_000_000n],
    ['2026/11/24 15:04:05', second],
    ['24/Nov/2026:15:04:05 +0000', second],
    ['24/Nov/2026:10:04:05 -0500', second],
    ['1795532645', second],
    ['1795532645.5', second + 500_000_000n],
    ['1795532645.1234567891', second + 123_456_789n],
    ['1795532645123', second + 123_000_000n],
    ['1795532645123.25', second + 123_250_000n],
    ['1795532645123456', second + 123_456_000n],
    ['1795532645123456.789', second + 123_456_789n],
    ['1795532645123456789', second + 123_456_789n],
    ['1795532645.', undefined],
    ['1795532645.x', undefined],
    ['-1795532645', undefined],
    ['2026-02-30T00:00:00Z', undefined],
    ['2026-13-01T00:00:00Z', undefined],
    ['2026-12-31T00:00:00Z', second + 37n * 86_400n * 1_000_000_000n - 54_245n * 1_000_000_000n],
    ['2027-00-31T00:00:00Z', undefined],
    ['2026-11-24T24:00:00Z', undefined],
    ['yesterday', undefined],
    ['12', undefined],
  ])('a field with %j', (text, expected) => expect(nsOf(fieldTime(text, reader))).toBe(expected));

  it.each<[string, bigint | undefined]>([
    ['2026-11-24T15:04:05Z started', second],
    ['[2026-11-24 15:04:05] started', second],
    ['Nov 24 15:04:05 host sshd[1]: in', second],
    ['Nov  4 15:04:05 host sshd[1]: in', second - 20n * 86_400n * 1_000_000_000n],
    ['Dec 31 23:59:59 last year', BigInt(Date.UTC(2025, 11, 31, 23, 59, 59)) * 1_000_000n],
    ['127.0.0.1 - - [24/Nov/2026:15:04:05 +0000] "GET / HTTP/1.1" 200 5', second],
    ['[main] no time here', undefined],
    ['plain', undefined],
    ['', undefined],
  ])('a line beginning %j', (line, expected) =>
    expect(nsOf(parseLine(line, 'plain', reader).time)).toBe(expected),
  );

  it('reads back every millisecond it can write', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (ms) => {
        expect(isoTime(new Date(ms).toISOString())?.ns).toBe(BigInt(ms) * 1_000_000n);
      }),
    );
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom<LineFormat>('auto', 'json', 'logfmt', 'plain'),
        (line, format) => {
          parseLine(line, format, reader);
          fieldTime(line, reader);
          parseCri(line);
        },
      ),
    );
  });
});

describe('levels', () => {
  it.each<[unknown, string | undefined]>([
    ['INFO', 'info'],
    ['Warning', 'warn'],
    ['crit', 'critical'],
    ['notice', 'info'],
    [10, 'trace'],
    [30, 'info'],
    [35, 'info'],
    [60, 'fatal'],
    ['50', 'error'],
    [3, undefined],
    ['banana', undefined],
    ['constructor', undefined],
    [undefined, undefined],
  ])('a level field with %j is %s', (value, level) => expect(levelOfField(value)).toBe(level));

  it.each([
    ['0', 'critical'],
    ['2', 'critical'],
    ['3', 'error'],
    ['4', 'warn'],
    ['5', 'info'],
    ['6', 'info'],
    ['7', 'debug'],
    ['8', undefined],
    ['', undefined],
  ])('priority %j is %s', (priority, level) => expect(levelOfPriority(priority)).toBe(level));
});

describe('formats', () => {
  it.each<[string, LineFormat, string, bigint | undefined, string | undefined]>([
    [
      'pino',
      'pino',
      '{"level":50,"time":1795532645123,"pid":1,"msg":"boom"}',
      second + 123_000_000n,
      'error',
    ],
    [
      'pino with ISO time',
      'auto',
      '{"level":30,"time":"2026-11-24T15:04:05.000Z","msg":"x"}',
      second,
      'info',
    ],
    [
      'JSON with other names',
      'auto',
      '{"@timestamp":"2026-11-24T15:04:05Z","severity":"ERROR"}',
      second,
      'error',
    ],
    ['logfmt', 'auto', 'ts=2026-11-24T15:04:05Z level=warn msg="a b=c"', second, 'warn'],
    ['logfmt, tabs', 'auto', 'ts=2026-11-24T15:04:05Z\tlevel=warn\tmsg="a b=c"', second, 'warn'],
    [
      'logfmt, quoted time',
      'logfmt',
      'msg="level=debug" time="2026-11-24T15:04:05Z" level=error',
      second,
      'error',
    ],
    ['JSON cut in its middle', 'auto', '{"level":30,"time":', undefined, 'info'],
    ['JSON cut before it says anything', 'auto', '{"pid":30,"level', undefined, undefined],
    ['JSON with an exponent', 'auto', '{"time":1.795532645123e12}', second + 123_000_000n, undefined],
    ['JSON, the likelier name', 'auto', '{"date":1,"ts":1795532645,"time":"soon"}', second, undefined],
    ['JSON, a name twice', 'auto', '{"level":"warn","level":"error"}', undefined, 'warn'],
    [
      'JSON, names inside values',
      'auto',
      '{"a":{"time":1},"b":[{"level":50}],"c":"\\"level\\":50"}',
      undefined,
      undefined,
    ],
    ['JSON, spread out', 'auto', ' { "level" : "WARN" ,\t"ts" : "2026-11-24T15:04:05Z" } ', second, 'warn'],
    ['JSON without either', 'auto', '{}', undefined, undefined],
    ['JSON, null and others', 'json', '{"time":null,"level":true}', undefined, undefined],
    ['JSON that is no object', 'json', '[1]', undefined, undefined],
    ['a word with =', 'auto', 'x=1 hello', undefined, undefined],
    ['plain with time', 'auto', '2026-11-24T15:04:05Z hello', second, undefined],
    [
      'JSON that is very long',
      'auto',
      `{"level":"warn","time":"2026-11-24T15:04:05Z","body":"${'x'.repeat(300_000)}"}`,
      second,
      'warn',
    ],
    [
      'JSON that is very long before it tells its level',
      'json',
      `{"time":"2026-11-24T15:04:05Z","body":"${'x'.repeat(300_000)}","level":"warn"}`,
      second,
      undefined,
    ],
    [
      'logfmt that is very long',
      'auto',
      `ts=2026-11-24T15:04:05Z level=error body=${'x'.repeat(300_000)}`,
      second,
      'error',
    ],
    ['plain, very long', 'plain', `2026-11-24T15:04:05Z ${'x '.repeat(300_000)}`, second, undefined],
    ['a level in JSON under __proto__', 'json', '{"__proto__":{"level":"error"}}', undefined, undefined],
  ])('%s', (_, format, line, timestampNs, level) => {
    const parsed = parseLine(line, format, reader);
    expect([nsOf(parsed.time), parsed.level]).toEqual([timestampNs, level]);
  });

  it.each([
    [
      '2026-11-24T15:04:05.000000001Z stdout F hello world',
      { timestampNs: second + 1n, stream: 'stdout', partial: false, text: 'hello world' },
    ],
    [
      '2026-11-24T15:04:05Z stderr P part',
      { timestampNs: second, stream: 'stderr', partial: true, text: 'part' },
    ],
    ['2026-11-24T15:04:05Z stdout F ', { timestampNs: second, stream: 'stdout', partial: false, text: '' }],
    ['2026-11-24T15:04:05Z stdout F', { timestampNs: second, stream: 'stdout', partial: false, text: '' }],
    ['2026-11-24T15:04:05Z stdin F x', undefined],
    ['hello', undefined],
    [
      '2026-11-24T15:04:05Z stdout F:x y z',
      { timestampNs: second, stream: 'stdout', partial: false, text: 'y z' },
    ],
    ['2026-11-24T15:04:05Z stdout FF x', undefined],
  ])('CRI %j', (line, expected) => {
    const found = parseCri(line);
    expect(
      found && {
        timestampNs: found.time.ns,
        stream: found.stream,
        partial: found.partial,
        text: line.slice(found.textStart),
      },
    ).toEqual(expected);
  });
});

describe('multiline', () => {
  const join = (lines: readonly string[], linesMax = 128): string[] => {
    const options = multilineOptions({ firstLine: '^\\d', linesMax, waitMs: 1 });
    if (!options) throw new Error('options');
    const joiner = new MultilineJoiner<number>(options);
    const out: (JoinedLine<number> | undefined)[] = lines.map((line, i) =>
      joiner.push({ line, timestampNs: BigInt(i), position: i, truncatedBytes: 0 }),
    );
    out.push(joiner.flush());
    return out.flatMap((entry) => (entry ? [entry.line] : []));
  };

  it.each<[string, string[], string[]]>([
    ['a trace', ['1 boom', ' at a', ' at b', '2 fine'], ['1 boom\n at a\n at b', '2 fine']],
    ['lines before the first', ['x', 'y', '1'], ['x\ny', '1']],
    ['nothing', [], []],
  ])('%s', (_, lines, entries) => expect(join(lines)).toEqual(entries));

  it('no more than linesMax lines', () => expect(join(['1', 'a', 'b', 'c'], 2)).toEqual(['1\na', 'b\nc']));

  it('loses no line, keeps their order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('1', 'a', '', '2b')),
        fc.integer({ min: 1, max: 5 }),
        (lines, max) => {
          expect(join(lines, max).join('\n')).toBe(lines.join('\n'));
        },
      ),
    );
  });
});
