// Stages: one row, one rule.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Instant } from '../../src/collectors/parse/timestamps.ts';
import type { Stage } from '../../src/collectors/stages/stage.ts';
import { compileStages, throughStages } from '../../src/collectors/stages/stages.ts';
import { compileTimeFormat } from '../../src/collectors/stages/time-format.ts';
import type { CollectedEntry } from '../../src/ingest/sink/sink.ts';
import { labelsToRecord } from '../../src/model/labels.ts';
import { joinNs } from '../../src/model/time.ts';
import { within } from '../within.ts';

const nowNs = BigInt(Date.UTC(2026, 10, 24, 16, 0, 0)) * 1_000_000n;
const entry = (line: string): CollectedEntry => ({
  labels: [['job', 'j']],
  timestampNs: nowNs - 1_000_000_000n,
  line,
  structuredMetadata: [['detected_level', 'info']],
});

const nsOf = (time: Instant | undefined): bigint | undefined => time && joinNs(time.seconds, time.nanos);

interface Seen {
  readonly line?: string;
  readonly labels?: Record<string, string>;
  readonly metadata?: Record<string, string>;
}
/** What differs from the entry as it came. */
function run(stages: readonly Stage[], line: string): Seen | undefined {
  const made = throughStages(compileStages(stages), entry(line), nowNs);
  if (!made) return undefined;
  const { job, ...labels } = labelsToRecord(made.labels);
  const { detected_level, ...metadata } = labelsToRecord(made.structuredMetadata);
  return {
    ...(made.line !== line && { line: made.line }),
    ...((job !== 'j' || Object.keys(labels).length > 0) && {
      labels: { ...(job !== 'j' && { job: job ?? '' }), ...labels },
    }),
    ...((detected_level !== 'info' || Object.keys(metadata).length > 0) && {
      metadata: { ...(detected_level !== 'info' && { detected_level: detected_level ?? '' }), ...metadata },
    }),
  };
}

const json = (fields = {}, source = ''): Stage => ({ kind: 'json', fields, source });
const logfmt = (fields = {}): Stage => ({ kind: 'logfmt', fields, source: '' });
const regex = (expression: string, source = ''): Stage => ({ kind: 'regex', expression, source });
const metadata = (fields: Record<string, string>): Stage => ({
  kind: 'structured_metadata',
  fields,
  rest: false,
});
const rest: Stage = { kind: 'structured_metadata', fields: {}, rest: true };
const replace = (expression: string, replacement: string, source = ''): Stage => ({
  kind: 'replace',
  expression,
  replacement,
  source,
});
const when = { source: '', expression: undefined, longerThanBytes: 0, olderThanMs: 0 };

it.each<[string, readonly Stage[], string, Seen | undefined]>([
  ['no stage', [], 'x', {}],
  [
    'json: a name, a path, a renamed field',
    [json({ a: '', b: 'c.d', e: 'f' }), rest],
    '{"a":1,"c":{"d":"x"},"f":true}',
    { metadata: { a: '1', b: 'x', e: 'true' } },
  ],
  [
    'json: all single values',
    [json(), rest],
    '{"a":1,"b":null,"c":{"d":2},"e":[1]}',
    { metadata: { a: '1' } },
  ],
  [
    'json: a key with a dot before a path',
    [json({ l: 'log.level' }), rest],
    '{"log.level":"x","log":{"level":"y"}}',
    { metadata: { l: 'x' } },
  ],
  ['json: an object is JSON', [json({ c: '' }), rest], '{"c":{"d":2}}', { metadata: { c: '{"d":2}' } }],
  ['json: a line that is none', [json({ a: '' }), rest], 'a=1', {}],
  [
    'json: inside another field',
    [json({ m: '' }), json({ a: '' }, 'm'), metadata({ a: '' })],
    '{"m":"{\\"a\\":\\"x\\"}"}',
    { metadata: { a: 'x' } },
  ],
  ['logfmt', [logfmt({ d: 'dur' }), rest], 'msg="a b" dur=5ms', { metadata: { d: '5ms' } }],
  [
    'logfmt: white space of any kind separates',
    [logfmt(), rest],
    'a=1\tb=2\n c="3"',
    { metadata: { a: '1', b: '2', c: '3' } },
  ],
  ['logfmt: escapes', [logfmt(), rest], 'a="x\\"y\\n" b', { metadata: { a: 'x"y\n' } }],
  ['logfmt: all', [logfmt(), rest], 'msg="a b" dur=5ms', { metadata: { msg: 'a b', dur: '5ms' } }],
  [
    'regex: named groups',
    [regex('^(?P<ip>\\S+) (?P<n>\\d+)?'), rest],
    '1.2.3.4 x',
    { metadata: { ip: '1.2.3.4' } },
  ],
  [
    'labels from extracted values',
    [logfmt(), { kind: 'labels', labels: { app: '', env: 'e', none: '' } }],
    'app=a e=prod',
    { labels: { app: 'a', env: 'prod' } },
  ],
  [
    'the rest is what nobody has used',
    [logfmt(), { kind: 'labels', labels: { app: '' } }, rest],
    'app=a e=prod',
    { labels: { app: 'a' }, metadata: { e: 'prod' } },
  ],
  ['names become label names', [json(), rest], '{"a.b":1,"2x":2}', { metadata: { a_b: '1', _2x: '2' } }],
  ['output', [json({ msg: '' }), { kind: 'output', source: 'msg' }], '{"msg":"hello"}', { line: 'hello' }],
  [
    'output: the line stays where there is no such value',
    [json({ msg: '' }), { kind: 'output', source: 'msg' }],
    'x',
    {},
  ],
  [
    'level: a word',
    [logfmt(), { kind: 'level', source: 'sev' }],
    'sev=WARN',
    { metadata: { detected_level: 'warn' } },
  ],
  ['level: a word that is none', [logfmt(), { kind: 'level', source: 'sev' }], 'sev=loud', {}],
  [
    'replace: all matches',
    [replace('\\d{4}-\\d{4}', '****')],
    'card 1234-5678 and 1111-2222.',
    { line: 'card **** and ****.' },
  ],
  [
    'replace: groups only',
    [replace('password=(\\S+)', '***')],
    'user=a password=hunter2 x',
    { line: 'user=a password=*** x' },
  ],
  [
    'replace: a group by where it stands, not by what it holds',
    [replace('user=\\d+ pin=(\\d+)', '****')],
    'user=12345 pin=1234 ok',
    { line: 'user=12345 pin=**** ok' },
  ],
  ['replace: several groups', [replace('(a+)b(a+)', '*')], 'xaabay', { line: 'x*b*y' }],
  ['replace: a group within another', [replace('((\\d+)-(\\d+))', '*')], 'a 1-2 b', { line: 'a * b' }],
  [
    'replace: a group that repeats holds its last text',
    [replace('(?:(\\d),?)+', '*')],
    '1,2,3 x',
    { line: '1,2,* x' },
  ],
  ['replace: a group that took no part', [replace('a(b)?(c)', '*')], 'ac abc', { line: 'a* a**' }],
  ['replace: an empty group', [replace('p=(\\d*)', '*')], 'p= p=1', { line: 'p=* p=*' }],
  ['replace: letters of two code units', [replace('😀(é)', '*')], '😀é 😀é', { line: '😀* 😀*' }],
  [
    'replace: a named group is extracted, as it is afterwards',
    [replace('pin=(?P<pin>\\d+)', '*'), rest],
    'pin=1',
    { line: 'pin=*', metadata: { pin: '*' } },
  ],
  ['replace: an empty match behind another is none', [replace('y*', '-')], 'yab', { line: '-a-b-' }],
  ['replace: with nothing', [replace(' token=\\S+', '')], 'a token=x b', { line: 'a b' }],
  ['replace: any case', [replace('(?i)token=\\S+', '*')], 'a TOKEN=x b', { line: 'a * b' }],
  [
    'replace: one of several texts',
    [replace('(?:key|token)=\\S+', '*')],
    'a key=x token=y',
    { line: 'a * *' },
  ],
  ['replace: a line without the text', [replace('token=\\S+', '*')], 'a token: x', {}],
  ['replace: dollars are dollars', [replace('x', '$1$&')], 'axb', { line: 'a$1$&b' }],
  ['replace: an empty match', [replace('y*', '-')], 'ab', { line: '-a-b-' }],
  [
    'replace: an extracted value',
    [json({ u: '' }), replace('@.*', '@…', 'u'), rest],
    '{"u":"a@b"}',
    { metadata: { u: 'a@…' } },
  ],
  ['drop', [{ kind: 'drop', when: { ...when, expression: 'health' } }], 'GET /health', undefined],
  ['drop: another line', [{ kind: 'drop', when: { ...when, expression: 'health' } }], 'GET /', {}],
  ['keep', [{ kind: 'keep', when: { ...when, expression: '^GET' } }], 'POST /', undefined],
  [
    'drop by a value',
    [logfmt(), { kind: 'drop', when: { ...when, source: 'level', expression: '^debug$' } }],
    'level=debug',
    undefined,
  ],
  [
    'drop by a value that is there',
    [logfmt(), { kind: 'drop', when: { ...when, source: 'trace' } }],
    'trace=1',
    undefined,
  ],
  ['drop: bytes, not characters', [{ kind: 'drop', when: { ...when, longerThanBytes: 3 } }], 'éé', undefined],
  ['drop: not longer', [{ kind: 'drop', when: { ...when, longerThanBytes: 4 } }], 'éé', {}],
  ['drop: older', [{ kind: 'drop', when: { ...when, olderThanMs: 500 } }], 'x', undefined],
  [
    'drop: all conditions together',
    [{ kind: 'drop', when: { ...when, expression: 'y', olderThanMs: 500 } }],
    'x',
    {},
  ],
  ['labeldrop', [{ kind: 'labeldrop', names: ['job'] }], 'x', { labels: { job: '' } }],
  ['static_labels', [{ kind: 'static_labels', labels: { env: 'prod' } }], 'x', { labels: { env: 'prod' } }],
])('%s', (_, stages, line, expected) => expect(run(stages, line)).toEqual(expected));

describe('values of any length and number are whole', () => {
  const long = 'x'.repeat(300_000);
  it.each<[string, readonly Stage[], string]>([
    ['json', [json({ m: '' }), { kind: 'output', source: 'm' }], JSON.stringify({ m: long })],
    ['logfmt', [logfmt({ m: '' }), { kind: 'output', source: 'm' }], `m=${long}`],
    ['regex', [regex('m=(?P<m>.*)'), { kind: 'output', source: 'm' }], `m=${long}`],
    ['replace', [replace('m=(x+)y', long), replace('m=', '')], 'm=xy'],
  ])('%s', (name, stages, line) => {
    const wanted = name === 'replace' ? `${long}y` : long;
    expect(run(stages, line)?.line === wanted).toBe(true);
  });

  it('all of 3,000 fields', () => {
    const fields = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`k${i}`, `${i}`]));
    const seen = run([json(), rest], JSON.stringify(fields))?.metadata;
    expect({ ...seen }).toEqual(fields);
  });
});

it('a pattern that is no RE2 is refused at the start', () => {
  expect(() => compileStages([regex('(?=x)')])).toThrow(/invalid or unsupported Perl syntax/);
});

describe('timestamps', () => {
  const iso = (text: string): bigint => BigInt(Date.parse(text)) * 1_000_000n;
  it.each<[format: string, zone: string, text: string, expected: bigint | undefined]>([
    ['RFC3339', '', '2026-11-24T12:00:00Z', iso('2026-11-24T12:00:00Z')],
    ['RFC3339Nano', '', '2026-11-24T12:00:00.000000001+01:00', iso('2026-11-24T11:00:00Z') + 1n],
    ['Unix', '', '1795521600.5', iso('2026-11-24T12:00:00Z') + 500_000_000n],
    ['UnixMs', '', '1795521600001', iso('2026-11-24T12:00:00Z') + 1_000_000n],
    ['UnixUs', '', '1795521600000001', iso('2026-11-24T12:00:00Z') + 1_000n],
    ['UnixNs', '', '1795521600000000001', iso('2026-11-24T12:00:00Z') + 1n],
    ['2006-01-02 15:04:05', 'Europe/Berlin', '2026-11-24 12:00:00', iso('2026-11-24T11:00:00Z')],
    ['2006-01-02 15:04:05', 'Europe/Berlin', '2026-07-24 12:00:00', iso('2026-07-24T10:00:00Z')],
    [
      '2006-01-02 15:04:05.000',
      'America/New_York',
      '2026-11-24 12:00:00.250',
      iso('2026-11-24T17:00:00Z') + 250_000_000n,
    ],
    [
      '02/Jan/2006:15:04:05 -0700',
      'Europe/Berlin',
      '24/Nov/2026:12:00:00 +0000',
      iso('2026-11-24T12:00:00Z'),
    ],
    ['RFC1123', '', 'Tue, 24 Nov 2026 12:00:00 UTC', iso('2026-11-24T12:00:00Z')],
    ['Jan _2 15:04:05', '', 'Nov  4 12:00:00', iso('2026-11-04T12:00:00Z')],
    ['Jan _2 15:04:05', '', 'Dec 31 12:00:00', iso('2025-12-31T12:00:00Z')],
    ['Unix', '', 'soon', undefined],
    ['2006-01-02', '', '24.11.2026', undefined],
  ])('%s in %j: %s', (format, zone, text, expected) =>
    expect(nsOf(compileTimeFormat(format, zone)(text, nowNs))).toBe(expected),
  );

  it('an unknown zone is refused at the start', () =>
    expect(() => compileTimeFormat('RFC3339', 'Mars/Olympus')).toThrow(/Mars\/Olympus/));

  it('reads back what was written, in any zone', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4_000_000_000 }),
        within(500, (seconds) => {
          const text = new Date(seconds * 1000).toISOString().replace('T', ' ').slice(0, 19);
          expect(nsOf(compileTimeFormat('2006-01-02 15:04:05', '')(text, nowNs))).toBe(
            BigInt(seconds) * 1_000_000_000n,
          );
        }),
      ),
    );
  });

  it('the timestamp stage sets the entry’s time, and leaves it where there is none', () => {
    const stages = compileStages([
      json({ t: '' }),
      { kind: 'timestamp', source: 't', format: 'Unix', zone: '' },
    ]);
    expect(throughStages(stages, entry('{"t":1795521600}'), nowNs)?.timestampNs).toBe(
      iso('2026-11-24T12:00:00Z'),
    );
    expect(throughStages(stages, entry('{}'), nowNs)?.timestampNs).toBe(nowNs - 1_000_000_000n);
  });
});

it('any stages on any line: no throw, and a label set is never shared wrongly', () => {
  const stage = fc.constantFrom<Stage>(
    json(),
    logfmt(),
    rest,
    regex('(?P<a>.)'),
    replace('a|', 'b'),
    { kind: 'labels', labels: { l: 'a' } },
    { kind: 'output', source: 'a' },
  );
  fc.assert(
    fc.property(
      fc.array(stage, { maxLength: 6 }),
      fc.string(),
      within(700, (stages, line) => {
        const compiled = compileStages(stages);
        const first = throughStages(compiled, entry(line), nowNs);
        throughStages(compiled, entry(`${line}{"a":"z"}`), nowNs);
        expect(throughStages(compiled, entry(line), nowNs)).toEqual(first);
      }),
    ),
  );
});
