// Lines reduced to the fields that a metric query looks at: its samples are those of the whole lines, errors included.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExpr } from '../../src/logql/parser.ts';
import { emptyLabels, type Labels, labelsFromPairs } from '../../src/model/labels.ts';
import type { SamplePipeline, SampleStream } from '../../src/pipeline/pipeline.ts';
import { compileSamplePipeline } from '../../src/pipeline/sample-pipeline.ts';
import { BlockDecoder } from '../../src/sqlite/format/decode.ts';
import { encodeBlock } from '../../src/sqlite/format/encode.ts';
import { columnOfLines } from './columns-of-lines.ts';
import { columnsOf } from './entries.ts';
import { hostileJson, hostileLines, hostileLogfmt } from './hostile-lines.ts';

const streamLabels = labelsFromPairs([
  ['app', 'x'],
  ['status_code', '1'],
]);

/** As a scan compiles it: the grouping of a sum around the aggregation is applied to samples. */
function compile(query: string): SamplePipeline {
  const expr = parseExpr(query);
  const outer = expr.kind === 'vectorAggregation' ? expr : undefined;
  const range = outer?.expr ?? expr;
  if (range.kind !== 'rangeAggregation') throw new Error(`${query} is no range aggregation`);
  return compileSamplePipeline(range, { outerGrouping: outer?.grouping });
}

const decoder = new BlockDecoder();

interface Batch {
  readonly bytes: Buffer;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

function samplesOf(stream: SampleStream, { bytes, starts, ends }: Batch): string[] {
  return Array.from(starts, (lineStart, i) => {
    const sample = stream.process({
      timestampNs: 1n,
      bytes,
      lineStart,
      lineEnd: ends[i] as number,
      structuredMetadata: emptyLabels as Labels,
      level: 0,
    });
    return sample === undefined
      ? 'none'
      : JSON.stringify([sample.key, sample.value, sample.error, sample.errorDetails]);
  });
}

/** Whole lines of a block and the same lines reduced; the second undefined when the query needs more of them. */
function bothOf(lines: readonly Buffer[], query: string): { whole: string[]; reduced: string[] | undefined } {
  const pipeline = compile(query);
  const entries = lines.map((line, i) => ({ timeNs: BigInt(i), line, level: 0, metadata: Buffer.alloc(0) }));
  const { ts } = encodeBlock(columnsOf(entries, 'contiguous'));
  const column = columnOfLines(lines);
  if (column === undefined) throw new Error('no columns');
  const times = decoder.decodeTimes(ts);
  const batch = (bytes: Buffer): Batch => ({ bytes, starts: times.lineStarts, ends: times.lineEnds });
  const whole = samplesOf(pipeline.forStream(streamLabels), batch(decoder.decodeLines(column)));
  if (pipeline.lineFields === undefined) return { whole, reduced: undefined };
  const bytes = decoder.decodeLineFields(column, pipeline.lineFields);
  if (bytes === undefined) throw new Error('no fields');
  return { whole, reduced: samplesOf(pipeline.forStream(streamLabels), batch(bytes)) };
}

const queries = (parser: string): string[] => [
  `sum by (status) (count_over_time({app="x"} | ${parser} [1m]))`,
  `sum by (a, __error__) (count_over_time({app="x"} | ${parser} | status >= 500 [1m]))`,
  `sum by (a_b) (count_over_time({app="x"} | ${parser} | level="error" or a != "" [1m]))`,
  `sum by (nested_a, nested_b) (count_over_time({app="x"} | ${parser} | __error__="" [1m]))`,
  `sum by (app_extracted, x_extracted) (count_over_time({app="x"} | ${parser} [1m]))`,
  `max_over_time({app="x"} | ${parser} | unwrap status [1m]) by (b)`,
  `avg_over_time({app="x"} | ${parser} | b =~ "[0-9.]+" | unwrap duration(a) | __error__="" [1m]) by (_1x)`,
  `sum by (_, b_) (rate({app="x"} | ${parser} | keep a, b, status, _, b_ [1m]))`,
];

describe.each([
  ['json', hostileJson],
  ['logfmt', hostileLogfmt],
  ['logfmt --keep-empty', hostileLogfmt],
  ['json', hostileLines],
  ['logfmt', hostileLines],
] as const)('the samples of | %s', (parser, lines) => {
  it('are the same', () => {
    let reducedCount = 0;
    fc.assert(
      fc.property(lines, fc.constantFrom(...queries(parser)), (some, query) => {
        const { whole, reduced } = bothOf(some, query);
        if (reduced === undefined) return;
        reducedCount++;
        expect(reduced).toEqual(whole);
      }),
      { numRuns: Number(process.env.COLUMN_RUNS ?? 600) },
    );
    expect(reducedCount).toBeGreaterThan(0);
  });
});

it.each([
  ['count_over_time({app="x"} | json [1m])', 'all labels are part of the series'],
  ['sum by (a) (bytes_over_time({app="x"} | json [1m]))', 'the length of lines counts'],
  [
    'sum by (a) (count_over_time({app="x"} | json | line_format "{{.b}}" | logfmt [1m]))',
    'another stage reads lines',
  ],
  ['sum by (a) (count_over_time({app="x"} | json a="b.c" [1m]))', 'expressions have rules of their own'],
  ['sum by (a) (count_over_time({app="x"} | logfmt --strict [1m]))', 'an error elsewhere matters'],
  [
    'sum by (a) (count_over_time({app="x"} | json | label_format b="{{__line__}}" [1m]))',
    'a template reads lines',
  ],
  ['sum by (a) (count_over_time({app="x"} | json |= "b" [1m]))', 'a line filter reads lines'],
])('%s needs whole lines: %s', (query) => {
  expect(compile(query).lineFields).toBeUndefined();
});
