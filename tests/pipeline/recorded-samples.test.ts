// Metric queries of the recorded cases as far as the pipeline decides: whether they fail on a pipeline error, and
// which series a bare range aggregation has.
import { describe, expect, it } from 'vitest';
import type { Expr, Grouping, RangeAggregation } from '../../src/logql/ast.ts';
import { canPushGroupingDown } from '../../src/logql/grouping-push-down.ts';
import { compileMatchers, matchesLabels } from '../../src/logql/matchers.ts';
import { parseExpr } from '../../src/logql/parser.ts';
import { compileSamplePipeline } from '../../src/pipeline/sample-pipeline.ts';
import { compileLineFilters, hoistLineFilters } from '../../src/pipeline/stages/line-filter.ts';
import { loadCases, type RecordedCase } from '../conformance/cases.ts';
import { loadStreams, type StoredStream } from './recorded-data.ts';

const streams = loadStreams();

interface Leaf {
  readonly range: RangeAggregation;
  readonly outerGrouping: Grouping | undefined;
}

/** Range aggregations of an expression with the grouping that a `sum` around them hands down. */
function leavesOf(expr: Expr, outerGrouping?: Grouping): Leaf[] {
  switch (expr.kind) {
    case 'rangeAggregation':
      return [{ range: expr, outerGrouping: canPushGroupingDown(expr) ? outerGrouping : undefined }];
    case 'vectorAggregation': {
      const whole: Grouping = { kind: 'by', labels: [] };
      return leavesOf(expr.expr, expr.op === 'sum' ? (expr.grouping ?? whole) : undefined);
    }
    case 'binary':
      return [...leavesOf(expr.left), ...leavesOf(expr.right)];
    case 'labelReplace':
      return leavesOf(expr.expr);
    default:
      return [];
  }
}

/** Label sets of a leaf's samples in the window, and the first pipeline error. */
function run({ range, outerGrouping }: Leaf, firstNs: bigint, lastNs: bigint) {
  const { lineFilters, rest } = hoistLineFilters(range.log.stages);
  const filter = compileLineFilters(lineFilters).matches;
  const pipeline = compileSamplePipeline(range, { stages: rest, outerGrouping });
  const matchers = compileMatchers(range.log.matchers);
  const series = new Set<string>();
  let error = '';
  const from = firstNs - range.rangeNs - range.offsetNs;
  const to = lastNs - range.offsetNs;
  const visit = ({ labels, entries }: StoredStream): void => {
    if (!matchesLabels(matchers, labels)) return;
    const stream = pipeline.forStream(labels);
    for (const input of entries) {
      if (input.timestampNs <= from || input.timestampNs > to) continue;
      if (!filter(input.bytes, input.lineStart, input.lineEnd)) continue;
      const sample = stream.process(input);
      if (sample === undefined) continue;
      error ||= sample.error;
      series.add(JSON.stringify(Object.fromEntries(sample.labels)));
    }
  };
  streams.forEach(visit);
  return { series, error };
}

/** =~ on labels is anchored as documented; the reference finds the 1 of `1.*` anywhere. */
const notFollowed = new Set(['unwrap/convert-037c6c07', 'unwrap/convert-e484b22d']);

function metricCases(): RecordedCase[] {
  return loadCases().filter((recorded) => {
    const { steps, category, writes, auth } = recorded;
    const [step] = steps;
    if (step === undefined || steps.length > 1 || writes || auth || category === 'push') return false;
    if (!/\/query(_range)?$/.test(step.req.path) || step.kind !== 'query') return false;
    if (notFollowed.has(recorded.id) || !parses(recorded)) return false;
    if (step.want.status === 400) return /pipeline error/.test(step.want.message ?? '');
    return step.want.status === 200 && step.want.resultType !== 'streams';
  });
}

/** That recorded queries parse is proved elsewhere. */
function parses(recorded: RecordedCase): boolean {
  try {
    parseExpr(String(params(recorded).query));
    return true;
  } catch {
    return false;
  }
}

const params = (recorded: RecordedCase): Record<string, unknown> =>
  recorded.steps[0]?.req.params ?? recorded.steps[0]?.req.form ?? {};

/** Times of the first and last step, or undefined when the request leaves them to defaults. */
function window(recorded: RecordedCase): [bigint, bigint] | undefined {
  const { start, end, time, step } = params(recorded);
  if (time !== undefined) return /^\d{10}$/.test(String(time)) ? [ns(time), ns(time)] : undefined;
  if (!/^\d{10}$/.test(String(start)) || !/^\d{10}$/.test(String(end))) return undefined;
  if (!/^\d+$/.test(String(step))) return undefined;
  const stepNs = ns(step);
  return [(ns(start) / stepNs) * stepNs, ((ns(end) + stepNs - 1n) / stepNs) * stepNs];
}
const ns = (seconds: unknown): bigint => BigInt(String(seconds)) * 1_000_000_000n;

describe('recorded metric queries', () => {
  const cases = metricCases().filter((recorded) => window(recorded) !== undefined);

  it('fail on a pipeline error where the reference does', () => {
    const failures = cases.flatMap((recorded) => {
      const { text, wrong } = compareErrors(recorded);
      return wrong === undefined ? [] : [`${recorded.id} ${text}: ${wrong}`];
    });
    if (process.env.RECORDED_VERBOSE) console.log('metric errors', cases.length, failures.length, 'failed');
    expect(cases.length).toBeGreaterThan(100);
    expect(failures).toEqual([]);
  }, 240_000);

  it('have the series of the reference', () => {
    let compared = 0;
    const failures = cases.flatMap((recorded) => {
      const [step] = recorded.steps;
      const expr = parseExpr(String(params(recorded).query));
      if (step?.want.status !== 200 || expr.kind !== 'rangeAggregation' || !step.want.result) return [];
      if (expr.op === 'absent_over_time' || step.want.resultType === 'scalar') return [];
      const [first, last] = window(recorded) as [bigint, bigint];
      const { series } = run({ range: expr, outerGrouping: undefined }, first, last);
      compared++;
      const wanted = (step.want.result as { metric: Record<string, string> }[]).map(({ metric }) =>
        JSON.stringify(Object.fromEntries(Object.entries(metric).sort())),
      );
      const missing = wanted.filter((labels) => !series.has(labels));
      // Steps leave gaps between windows, so there may be more series than the answer shows.
      return missing.length === 0
        ? []
        : [`${recorded.id} ${params(recorded).query}: missing ${missing[0]}; has ${[...series][0]}`];
    });
    if (process.env.RECORDED_VERBOSE) console.log('metric series', compared, failures.length, 'failed');
    expect(compared).toBeGreaterThan(50);
    expect(failures).toEqual([]);
  });
});

function compareErrors(recorded: RecordedCase): { text: string; wrong: string | undefined } {
  const text = String(params(recorded).query);
  const [first, last] = window(recorded) as [bigint, bigint];
  const errors = leavesOf(parseExpr(text)).map((leaf) => run(leaf, first, last).error);
  const error = errors.find((e) => e !== '');
  const wanted = recorded.steps[0]?.want.status === 400;
  if (wanted === (error !== undefined)) return { text, wrong: undefined };
  return { text, wrong: wanted ? 'should fail with a pipeline error' : `fails with ${error}` };
}
