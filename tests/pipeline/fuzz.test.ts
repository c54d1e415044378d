// Whatever a query says, compiling and running it ends soon, with an answer or an error that names the query's fault.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ParseError } from '../../src/logql/parse-error.ts';
import { parseExpr } from '../../src/logql/parser.ts';
import { compileLogPipeline } from '../../src/pipeline/log-pipeline.ts';
import { compileSamplePipeline } from '../../src/pipeline/sample-pipeline.ts';
import { compileLineFilters, hoistLineFilters } from '../../src/pipeline/stages/line-filter.ts';
import { RegexError } from '../../src/regex/re2.ts';
import { RegexWorkError } from '../../src/regex/work-limit.ts';
import { outputLengthMax } from '../../src/template/limits.ts';
import { executedBlocks } from '../executed-blocks.ts';
import { recordedQueries } from '../logql/recorded.ts';
import { inputOf, leavesOf, testStream } from './query-parts.ts';

const nastyLines: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.from([0xff, 0xfe, 0x80, 0x61, 0xc3, 0x28, 0xf0, 0x9f]),
  Buffer.from('a\0b=\0 c="\0"'),
  Buffer.from('{"a":{"b":[1,{"c":"d"}]},"msg":"ok","msg":"again","n":1e400}'),
  Buffer.from('{"a":{"b":[1,{"c":'),
  Buffer.from(`{"a":${'['.repeat(2000)}`),
  Buffer.from('level=info msg="no end'),
  Buffer.from('= == a= =b "c"=d e=\\"'),
  Buffer.from(`${'a'.repeat(100_000)}!`),
  Buffer.from(`key="${'\\"'.repeat(30_000)}`),
];
const longest = Math.max(...nastyLines.map(({ length }) => length));
/** Length of the longest line or label value that came out. Throws what compiling throws. */
function run(query: string): number {
  let length = 0;
  for (const leaf of leavesOf(parseExpr(query))) {
    const { stages } = leaf.kind === 'logQuery' ? leaf : leaf.log;
    const { lineFilters, rest } = hoistLineFilters(stages);
    const { matches } = compileLineFilters(lineFilters);
    const lines = compileLogPipeline(rest).forStream(testStream);
    const samples =
      leaf.kind === 'rangeAggregation'
        ? compileSamplePipeline(leaf, { stages: rest }).forStream(testStream)
        : undefined;
    for (const bytes of nastyLines) {
      if (!matches(bytes, 0, bytes.length)) continue;
      const output = lines.process(inputOf(bytes));
      length = Math.max(length, output?.line.length ?? 0);
      for (const [, value] of output?.labels.parsed ?? []) length = Math.max(length, value.length);
      samples?.process(inputOf(bytes));
    }
  }
  return length;
}

/** More than that is a hang. The dearest that is allowed reaches the bounds of regexes and templates on several lines. */
const blocksMax = 400_000_000;
/** A template may print so much after a line or value that was there; a regex replacement may widen bytes. */
const lengthMax = outputLengthMax + longest;

/** What is wrong with how the query ended, or undefined; `ended` counts answers and clear errors. */
function wrongWith(query: string, ended: { answered: number; refused: number }): string | undefined {
  let wrong: string | undefined;
  const blocks = executedBlocks(() => {
    try {
      const length = run(query);
      ended.answered++;
      if (length > lengthMax) wrong = `printed ${length} characters`;
    } catch (error) {
      if (error instanceof ParseError || error instanceof RegexError || error instanceof RegexWorkError) {
        ended.refused++;
        if (error.message === '') wrong = 'an error without a word';
      } else wrong = String(error);
    }
  });
  return wrong ?? (blocks > blocksMax ? `took ${blocks} blocks` : undefined);
}
const recorded = [...new Set(recordedQueries().map(({ query }) => query))].filter(
  (text) => text.length < 2000,
);
const tokens = [
  ...new Set(recorded.flatMap((text) => text.match(/"[^"]*"|`[^`]*`|\w+|\s+|[^\w\s]+/g) ?? [])),
];
const token = fc.constantFrom(...tokens);

/** A recorded query with pieces of it left out, doubled, changed for others, or characters put in. */
const mutated = fc
  .tuple(
    fc.constantFrom(...recorded),
    fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        length: fc.nat(12),
        put: fc.oneof(
          token,
          fc.constant(''),
          fc.string({ unit: 'binary', maxLength: 3 }),
          fc.constantFrom('"', '`', '|', '{{', '}}', '(', '*', '\\', '\0', '| json', '| logfmt', '{2,}'),
        ),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  )
  .map(([text, edits]) =>
    edits.reduce((now, { at, length, put }) => {
      const from = Math.floor(at * now.length);
      return now.slice(0, from) + put + now.slice(from + length);
    }, text),
  );
const soup = fc.array(token, { maxLength: 12 }).map((parts) => `{app="x"} | ${parts.join(' ')}`);

describe('queries nobody meant', () => {
  it('end with an answer or a clear error', () => {
    const ended = { answered: 0, refused: 0 };
    const seed = Math.floor(Math.random() * 2 ** 31);
    console.log(`pipeline fuzz: seed ${seed}`);
    fc.assert(
      fc.property(fc.oneof({ weight: 4, arbitrary: mutated }, soup), (query) => {
        expect(wrongWith(query, ended), query).toBeUndefined();
      }),
      {
        seed,
        // Both ends are reached, also where the time is enough for very few.
        examples: [['{app="x"} | json | line_format "{{.a}}"'], ['{app="x"} | json |']],
        numRuns: 100_000,
        interruptAfterTimeLimit: 6000,
      },
    );
    expect(ended.answered).toBeGreaterThan(0);
    expect(ended.refused).toBeGreaterThan(0);
  });
});

const patterns: readonly string[] = [
  '(a+)+$',
  '(a|aa)+$',
  '(a|a)*b',
  'a*b|a',
  '(\\\\w*!)?',
  '([a-zA-Z]+)*$',
  '(.*a){12}',
  '(.*a){12}b',
  '(a?){30}a{30}',
  '^(a?a?a?)*$',
  '((a{1,20}){1,20}){1,3}$',
  '((((a{1,30}){1,30}){1,30}){1,30})',
  'a{1000}b',
  'a.{500}b',
  '[^x]{900}b?c',
  '(?:a|b)*a(?:a|b){500}c',
  '(x+x+)+y',
  '(?i)(a+ß?)+$',
  '\\\\p{L}{200}$',
  '(\\\\w+\\\\s?)*=$',
  `${'('.repeat(1200)}a${')'.repeat(1200)}`,
  `${'(a|'.repeat(300)}b${')'.repeat(300)}`,
  `${'('.repeat(900)}a${')'.repeat(900)}`,
];

describe('patterns that explode elsewhere', () => {
  it.each(patterns)('%.60s', (pattern) => {
    const ended = { answered: 0, refused: 0 };
    const named = pattern.replace(/^/, '(?P<all>').concat(')');
    for (const query of [
      `{app="x"} |~ "${pattern}"`,
      `{app="x"} |~ "(?i)${pattern}"`,
      `{app="x"} | line_format "{{.app}}" |~ "${pattern}"`,
      `{app="x"} | regexp "${named}"`,
      `{app="x"} | logfmt | key =~ "${pattern}"`,
      `{app="x"} | line_format \`{{ regexReplaceAll "${pattern}" __line__ "$0-" }}\``,
    ])
      expect(wrongWith(query, ended), query).toBeUndefined();
    expect(ended.answered + ended.refused).toBe(6);
  });
});

const nested = (depth: number): string =>
  `${'{{range $i, $x := split "a" __line__}}'.repeat(depth)}x${'{{end}}'.repeat(depth)}`;
const templates: readonly string[] = [
  '{{ repeat 1000000000 "a" }}',
  '{{ "a" | repeat 9223372036854775807 }}',
  '{{ repeat 100000 __line__ }}',
  '{{ __line__ | repeat 1000 | repeat 1000 }}',
  '{{ printf "%1000000000d" 1 }}',
  '{{ printf "%.1000000000f" 1.0 }}',
  '{{ indent 1000000000 __line__ }}',
  '{{ alignLeft 1000000000 "a" }}',
  '{{ alignRight 1000000000 "a" }}',
  '{{ __line__ | replace "a" "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" | replace "a" "aaaaaaaaaaaaaaaa" }}',
  '{{ __line__ | replace "" "xxxxxxxxxxxxxxxx" }}',
  nested(2),
  nested(6),
  nested(99),
  nested(101),
  '{{define "T"}}{{template "T" .}}{{end}}{{template "T" .}}',
  '{{define "T"}}{{template "T" .}}{{template "T" .}}{{end}}{{template "T" .}}',
  '{{define "A"}}{{template "B" .}}x{{end}}{{define "B"}}{{template "A" .}}x{{end}}{{template "A" .}}',
  `{{ ${'('.repeat(5000)} 1 ${')'.repeat(5000)} }}`,
];

describe('templates that would never end', () => {
  it.each(templates)('%.80s', (template) => {
    const ended = { answered: 0, refused: 0 };
    for (const query of [
      `{app="x"} | line_format \`${template}\``,
      `{app="x"} | label_format out=\`${template}\``,
      `sum by (out) (count_over_time({app="x"} | label_format out=\`${template}\` [1m]))`,
    ])
      expect(wrongWith(query, ended), query).toBeUndefined();
    expect(ended.answered + ended.refused).toBe(3);
  });
});
