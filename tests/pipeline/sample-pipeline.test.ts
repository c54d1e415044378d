// One line through a range aggregation's pipeline: the sample, its series and its error.
import { describe, expect, it } from 'vitest';
import type { RangeAggregation, VectorAggregation } from '../../src/logql/ast.ts';
import { parseMetricExpr } from '../../src/logql/parser.ts';
import { labelsFromPairs } from '../../src/model/labels.ts';
import { compileSamplePipeline } from '../../src/pipeline/sample-pipeline.ts';
import { inputOf } from '../../src/pipeline/stage.ts';

const stream = labelsFromPairs([
  ['app', 'shop'],
  ['env', 'prod'],
]);
const metadata = labelsFromPairs([
  ['app', 'clash'],
  ['trace_id', 't1'],
]);
const info = 4;

function compiled(query: string) {
  const expr = parseMetricExpr(query) as RangeAggregation | VectorAggregation;
  return expr.kind === 'rangeAggregation'
    ? compileSamplePipeline(expr)
    : compileSamplePipeline(expr.expr as RangeAggregation, {
        outerGrouping: expr.grouping ?? { kind: 'by', labels: [] },
      });
}

function sample(query: string, line: string) {
  const output = compiled(query)
    .forStream(stream)
    .process(inputOf(line, 0n, metadata, info));
  return output && { value: output.value, labels: Object.fromEntries(output.labels), error: output.error };
}

const all = { app: 'shop', app_extracted: 'clash', detected_level: 'info', env: 'prod', trace_id: 't1' };
const bad = 'JSONParserErr';

describe('samples', () => {
  it.each([
    ['count_over_time({a="b"} [1m])', 'x', 1, all],
    ['bytes_over_time({a="b"} [1m])', 'héllo', 6, all],
    ['sum by (detected_level) (rate({a="b"} [1m]))', 'x', 1, { detected_level: 'info' }],
    ['sum by (app, nosuch) (rate({a="b"} [1m]))', 'x', 1, { app: 'shop' }],
    [
      'sum without (env, app_extracted, trace_id) (rate({a="b"} [1m]))',
      'x',
      1,
      { app: 'shop', detected_level: 'info' },
    ],
    ['sum by (s) (count_over_time({a="b"} | json [1m]))', '{"s":5,"t":6}', 1, { s: '5' }],
    [
      'sum by (app_extracted) (count_over_time({a="b"} | drop app_extracted | json [1m]))',
      '{"app":"y"}',
      1,
      { app_extracted: 'y' },
    ],
    ['max_over_time({a="b"} | logfmt | unwrap n [1m]) by (k)', 'k=v n=2.5', 2.5, { k: 'v' }],
    ['max_over_time({a="b"} | logfmt | unwrap n [1m])', 'k=v n=2.5', 2.5, { ...all, k: 'v' }],
    ['max_over_time({a="b"} | logfmt | unwrap duration(n) [1m]) by (k)', 'k=v n=1m1.5s', 61.5, { k: 'v' }],
    ['max_over_time({a="b"} | logfmt | unwrap bytes(n) [1m]) by (k)', 'k=v n=2KiB', 2048, { k: 'v' }],
    ['bytes_over_time({a="b"} | line_format "abc" [1m])', 'x', 3, all],
  ])('%s on %j', (query, line, value, labels) => {
    expect(sample(query, line)).toEqual({ value, labels, error: '' });
  });

  it.each([
    ['no label to unwrap', 'max_over_time({a="b"} | logfmt | unwrap n [1m])', 'k=v'],
    ['an empty label to unwrap', 'max_over_time({a="b"} | logfmt --keep-empty | unwrap n [1m])', 'n='],
    ['a filter behind unwrap', 'max_over_time({a="b"} | logfmt | unwrap n | n > 5 [1m])', 'n=3'],
    ['an error filtered away', 'max_over_time({a="b"} | logfmt | unwrap n | __error__="" [1m])', 'n=abc'],
    ['a label filter', 'count_over_time({a="b"} | logfmt | n > 5 [1m])', 'n=3'],
  ])('%s gives no sample', (_, query, line) => {
    expect(sample(query, line)).toBeUndefined();
  });

  it.each([
    [
      'a broken line whose fields are wanted',
      'sum by (s) (count_over_time({a="b"} | json [1m]))',
      '{"x":',
      bad,
    ],
    ['a broken line nobody needed to parse', 'sum(count_over_time({a="b"} | json [1m]))', '{"x":', ''],
    [
      'a line broken behind all that is wanted',
      'sum by (s) (count_over_time({a="b"} | json [1m]))',
      '{"s":1,"x":',
      '',
    ],
    [
      'a value that is no number',
      'max_over_time({a="b"} | logfmt | unwrap n [1m])',
      'n=abc',
      'SampleExtractionErr',
    ],
    ['an error asked for by name', 'sum by (__error__) (count_over_time({a="b"} | json [1m]))', '{"x":', ''],
    [
      'a new line that nobody reads',
      'sum(count_over_time({a="b"} | line_format "{{ div 1 0 }}" [1m]))',
      'x',
      '',
    ],
  ])('%s', (_, query, line, error) => {
    expect(sample(query, line)?.error).toBe(error);
  });

  it.each([
    ['count_over_time({a="b"} [1m])', true, false, false],
    ['sum by (level) (count_over_time({a="b"} | drop __error__ | env="x" [1m]))', true, false, false],
    ['bytes_over_time({a="b"} [1m])', true, true, false],
    ['count_over_time({a="b"} | json [1m])', false, true, false],
    ['max_over_time({a="b"} | unwrap latency [1m])', false, false, false],
    ['count_over_time({a="b"} | label_format t="{{__timestamp__}}" [1m])', false, true, true],
    ['bytes_over_time({a="b"} | line_format "{{__timestamp__}}" [1m])', false, true, true],
    ['count_over_time({a="b"} | line_format "{{__timestamp__}}" | json [1m])', false, true, true],
  ])('%s: counts only %s, needs lines %s, times %s', (query, countsOnly, needsLines, needsTimes) => {
    const pipeline = compiled(query);
    expect([pipeline.countsOnly, pipeline.needsLines, pipeline.needsTimes]).toEqual([
      countsOnly,
      needsLines,
      needsTimes,
    ]);
  });

  it('equal series have equal keys whatever kind of labels they come from', () => {
    const pipeline = compiled('sum by (k) (count_over_time({a="b"} | logfmt [1m]))');
    const parsed = { ...pipeline.forStream(stream).process(inputOf('k=v')) };
    const ofStream = { ...pipeline.forStream(labelsFromPairs([['k', 'v']])).process(inputOf('x')) };
    const ofMetadata = {
      ...pipeline.forStream(stream).process(inputOf('x', 0n, labelsFromPairs([['k', 'v']]))),
    };
    expect(ofStream.key).toBe(parsed.key);
    expect(ofMetadata.key).toBe(parsed.key);
  });
});
