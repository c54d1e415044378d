// Properties of the parsers: the walk over bytes agrees with the full parser, runs are deterministic, no bytes throw.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineMemory } from '../../src/kernels/line-memory.ts';
import type { LabelFilter } from '../../src/logql/ast.ts';
import { parseLogQuery } from '../../src/logql/parser.ts';
import type { Stage } from '../../src/logql/stages.ts';
import { emptyLabels, labelsFromPairs } from '../../src/model/labels.ts';
import { fieldText } from '../../src/pipeline/field-text.ts';
import { LabelsBuilder } from '../../src/pipeline/labels/labels-builder.ts';
import { compileLogPipeline } from '../../src/pipeline/log-pipeline.ts';
import { type HintRules, noHints, ParserHints, sampleHints } from '../../src/pipeline/parser-hints.ts';
import type { PipelineInput } from '../../src/pipeline/pipeline.ts';
import { inputOf, PipelineEntry } from '../../src/pipeline/stage.ts';
import { compileLabelFilter } from '../../src/pipeline/stages/label-filter.ts';
import { compileStage } from '../../src/pipeline/stages.ts';
import { seed } from '../seed.ts';

const runs = { seed, numRuns: Number(process.env.RUNS ?? 3000) };

const names = ['a', 'b', 'a_b', 'b_a', 'a_b_c', 'user_id', 'level', 'app', 'app_extracted', '_1x', 'é'];
const key = fc.constantFrom(
  'a',
  'b',
  'c',
  'a_b',
  'user',
  'id',
  'user-id',
  'level',
  'app',
  'app_extracted',
  '1x',
  '',
  'é',
  'a\\"b',
);
const scalar = fc.constantFrom(
  '1',
  '-0.5',
  'true',
  'false',
  'null',
  '"x"',
  '""',
  '"q\\"uote"',
  '"\\u00e9"',
  '"日本"',
  'bad',
  '',
);
const json = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    scalar,
    tie('object'),
    fc.array(tie('value'), { maxLength: 2 }).map((v) => `[${v.join(',')}]`),
  ),
  object: fc
    .array(
      fc.tuple(key, fc.constantFrom(':', ' : ', ''), tie('value'), fc.constantFrom(',', ' , ', ' ', '')),
      { maxLength: 4 },
    )
    .map(
      (fields) =>
        `{${fields.map(([k, colon, v, comma], i) => `"${k}"${colon || ':'}${v}${i < fields.length - 1 ? comma || ',' : ''}`).join('')}}`,
    ),
})).object;
const damaged = fc
  .tuple(json, fc.nat(60), fc.constantFrom('', '"', '}', '{', ',', '\\', ' ', '\u0001'))
  .map(([text, at, what]) => text.slice(0, at) + what + text.slice(at + 1));
const jsonLine = fc.oneof(json, damaged, fc.string());
const pair = fc.tuple(
  fc.constantFrom('a', 'b', 'a_b', 'user-id', 'level', 'app', 'app_extracted', '1x', 'é', '', 'q"', 'alone'),
  fc.constantFrom('=', '', '=='),
  fc.constantFrom('1', 'x', '', '""', '"a b"', '"esc \\" q"', '"bad \\q"', '"open', 'v=w', 'v"', 'é'),
);
const logfmtLine = fc.oneof(
  fc.array(pair, { maxLength: 6 }).map((pairs) => pairs.map((parts) => parts.join('')).join(' ')),
  fc.string(),
);
const base = labelsFromPairs([
  ['app', 'shop'],
  ['env', 'prod'],
]);
const filter: fc.Arbitrary<LabelFilter> = fc.oneof(
  fc.record({
    kind: fc.constant('number' as const),
    name: fc.constantFrom(...names),
    op: fc.constantFrom('==' as const, '!=' as const),
    value: fc.constant(1),
  }),
  fc
    .constantFrom(...names)
    .map((name) => ({ kind: 'string' as const, matcher: { name, op: '=' as const, value: 'x' } })),
);
const hints: fc.Arbitrary<HintRules> = fc.oneof(
  fc
    .subarray(names, { minLength: 1, maxLength: 3 })
    .map((stageLabels) =>
      sampleHints(
        { grouping: { without: false, labels: ['level'] }, noLabels: false, unwrapLabel: '', stageLabels },
        new Map(),
      ),
    ),
  fc.array(filter, { minLength: 1, maxLength: 2 }).map((filters) => ({
    ...noHints,
    filters: new Map(
      filters.map((f) => [
        f.kind === 'string' ? f.matcher.name : 'name' in f ? f.name : '',
        [compileLabelFilter(f)],
      ]),
    ),
  })),
);

const memory = new LineMemory();
const memoryAt = 7;
/** In a kernel's memory, with bytes after it that would end strings and objects. */
function inMemory(line: string): PipelineInput {
  const bytes = Buffer.from(line);
  memory.bytes.set(bytes, memoryAt);
  memory.bytes.fill('"}', memoryAt + bytes.length, memoryAt + bytes.length + 64);
  return { ...inputOf(''), bytes: memory.bytes, lineStart: memoryAt, lineEnd: memoryAt + bytes.length };
}

/** Everything one can see of an entry after a stage; what was set in a dropped entry is seen by nobody. */
function outcome(stage: Stage, line: string, rules: HintRules, lies: 'in bytes' | 'in memory' | 'in text') {
  const entry = new PipelineEntry(new LabelsBuilder(base), new ParserHints(rules));
  entry.reset(lies === 'in memory' ? inMemory(line) : inputOf(line), '');
  // A line that a stage has replaced is parsed as text.
  if (lies === 'in text') entry.line = line;
  const passes = compileStage(stage).apply(entry);
  return passes ? [...entry.labels.toMap()].sort() : 'dropped';
}

describe('a walk over bytes agrees with the full parser', () => {
  it.each([
    ['json', { kind: 'json', expressions: [] } satisfies Stage, jsonLine],
    [
      'logfmt',
      { kind: 'logfmt', strict: false, keepEmpty: false, expressions: [] } satisfies Stage,
      logfmtLine,
    ],
    [
      'logfmt --keep-empty',
      { kind: 'logfmt', strict: false, keepEmpty: true, expressions: [] } satisfies Stage,
      logfmtLine,
    ],
  ] as const)('%s', (_, stage, lines) => {
    fc.assert(
      fc.property(lines, hints, (line, rules) => {
        const text = Buffer.from(line).toString();
        const want = outcome(stage, text, rules, 'in text');
        expect(outcome(stage, text, rules, 'in bytes')).toEqual(want);
        expect(outcome(stage, text, rules, 'in memory')).toEqual(want);
      }),
      runs,
    );
  });
});

it.each([
  ['mismatched brackets inside an object', '{"a" : {"a":[],"level" : [{},{"b":1]}}'],
  ['an object named like a wanted field', '{"level":{"":1}}'],
  ['a string of several vectors', `{"x":"${'y'.repeat(40)}\\"","app":"${'z'.repeat(31)}","level":1}`],
  ['objects deeper than a walk goes', `${'{"app":'.repeat(40)}1${'}'.repeat(40)}`],
  ['a word that is cut off', '{"app":tru,"level":1}'],
])('%s', (_, line) => {
  const stage: Stage = { kind: 'json', expressions: [] };
  const rules = { ...noHints, required: ['app', 'level'] };
  const want = outcome(stage, line, rules, 'in text');
  expect(outcome(stage, line, rules, 'in bytes')).toEqual(want);
  expect(outcome(stage, line, rules, 'in memory')).toEqual(want);
});

it.each<[string, Stage, string]>([
  ['json', { kind: 'json', expressions: [] }, '{"app":"","b":"1"}'],
  ['logfmt', { kind: 'logfmt', strict: false, keepEmpty: true, expressions: [] }, 'app="" b=1'],
])('%s: a filter on a label with the suffix leaves its error to the filters after it', (_, stage, line) => {
  const filters = new Map([
    ['app_extracted', [compileLabelFilter({ kind: 'number', name: 'app_extracted', op: '!=', value: 1 })]],
    ['b', [compileLabelFilter({ kind: 'ip', name: 'b', op: '=', pattern: '10.0.0.0/8' })]],
  ]);
  const rules = { ...noHints, filters };
  const want = outcome(stage, line, rules, 'in text');
  expect(want).toContainEqual(['b', '1']);
  expect(outcome(stage, line, rules, 'in bytes')).toEqual(want);
});

it.each<[string, readonly string[]]>([
  ['more fields than a word has bits', Array.from({ length: 40 }, (_, i) => `f${i}`)],
  ['names that could be split in many ways', ['f0_a_b_c_d_e_f_g_h', 'f39']],
  ['names longer than the tables', ['f1'.padEnd(20_000, 'x'), 'f39']],
])('finds %s', (_, required) => {
  const stage: Stage = { kind: 'json', expressions: [] };
  const fields = Array.from({ length: 40 }, (_, i): [string, unknown] => [`f${i}`, i === 0 ? { a: 1 } : i]);
  const line = JSON.stringify({
    ...Object.fromEntries(fields),
    f0_a: { b_c: { d: { e_f_g: { h: 'deep' } } } },
  });
  const want = outcome(stage, line, { ...noHints, required }, 'in text');
  expect(want.length).toBeGreaterThan(required.length - 2);
  expect(outcome(stage, line, { ...noHints, required }, 'in memory')).toEqual(want);
});

it('gives the same text for equal values, whatever lies where it was remembered', () => {
  const value = fc.oneof(
    fc.constantFrom('200', 'GET', '', 'größe', 'a'.repeat(30)),
    fc.string({ maxLength: 26 }),
  );
  fc.assert(
    fc.property(fc.array(value, { maxLength: 50 }), (values) => {
      for (const text of values) {
        const bytes = Buffer.from(`..${text}..`);
        expect(fieldText(bytes, 2, bytes.length - 2)).toBe(bytes.toString('utf8', 2, bytes.length - 2));
      }
    }),
    { seed, numRuns: 300 },
  );
});

describe('arbitrary bytes', () => {
  const queries = [
    '{a="b"} | json',
    '{a="b"} | json x="a.b[0]", y="user[\\"id\\"]"',
    '{a="b"} | logfmt --strict',
    '{a="b"} | logfmt --keep-empty x="a"',
    '{a="b"} | unpack',
    '{a="b"} | pattern "<x> - <y>="',
    '{a="b"} | regexp "(?P<x>\\\\w+)=(?P<y>.*)"',
    '{a="b"} | decolorize | json | level="x" or a > 1 | drop b | keep a, level',
    '{a="b"} |= ip("10.0.0.0/8") |~ "(?i)x.*y" |> "<_>=<_>"',
  ];
  it.each(queries)('neither throw nor give another answer the second time: %s', (query) => {
    const pipeline = compileLogPipeline(parseLogQuery(query).stages);
    const stream = pipeline.forStream(base);
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      jsonLine.map((s) => Buffer.from(s)),
      logfmtLine.map((s) => Buffer.from(s)),
    );
    fc.assert(
      fc.property(bytes, (line) => {
        const input = {
          timestampNs: 1n,
          bytes: Buffer.from(line),
          lineStart: 0,
          lineEnd: line.length,
          structuredMetadata: emptyLabels,
          level: 0,
        };
        const first = stream.process(input);
        const again = stream.process(input);
        const elsewhere = pipeline.forStream(base).process(input);
        expect(again).toEqual(first);
        expect(elsewhere).toEqual(first);
      }),
      { seed, numRuns: 500 },
    );
  });
});
