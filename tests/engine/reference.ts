// Metric queries evaluated the slow and obvious way: every step looks at every entry, every operation at every series.
// Extraction (pipeline) is shared with the engine; windows, aggregation and operators are not.
import type { BinaryExpr, MetricExpr, RangeAggregation, VectorAggregation } from '../../src/logql/ast.ts';
import { compileMatchers, matchesLabels } from '../../src/logql/matchers.ts';
import { type Labels, labelsFromPairs, labelsKey } from '../../src/model/labels.ts';
import { compileSamplePipeline } from '../../src/pipeline/sample-pipeline.ts';
import type { MemoryStream } from './memory-store.ts';

/** Value by series key. */
type Vector = Map<string, { readonly labels: Labels; readonly value: number }>;

/** The vector of each step. Scalars are vectors of one series without labels. */
export function referenceAt(expr: MetricExpr, streams: readonly MemoryStream[], atNs: bigint): Vector {
  switch (expr.kind) {
    case 'literal':
    case 'vector':
      return new Map([['', { labels: [], value: expr.value }]]);
    case 'rangeAggregation':
      return rangeAt(expr, streams, atNs);
    case 'vectorAggregation':
      return aggregate(expr, referenceAt(expr.expr, streams, atNs));
    case 'binary':
      return operate(expr, referenceAt(expr.left, streams, atNs), referenceAt(expr.right, streams, atNs));
    case 'labelReplace':
      throw new Error('not in the reference');
  }
}

function rangeAt(expr: RangeAggregation, streams: readonly MemoryStream[], atNs: bigint): Vector {
  const pipeline = compileSamplePipeline(expr);
  const matchers = compileMatchers(expr.log.matchers);
  const endNs = atNs - expr.offsetNs;
  const series = new Map<string, { labels: Labels; samples: { ns: bigint; value: number }[] }>();
  for (const { labels, entries } of streams) {
    if (!matchesLabels(matchers, labels)) continue;
    const stream = pipeline.forStream(labels);
    const inWindow = entries
      .filter(({ timestampNs }) => timestampNs > endNs - expr.rangeNs && timestampNs <= endNs)
      .sort((a, b) => Number(a.timestampNs - b.timestampNs));
    for (const { timestampNs, line, structuredMetadata, level } of inWindow) {
      const input = {
        timestampNs,
        bytes: line,
        lineStart: 0,
        lineEnd: line.length,
        structuredMetadata,
        level,
      };
      const sample = stream.process(input);
      if (sample === undefined) continue;
      const known = series.get(labelsKey(sample.labels)) ?? { labels: sample.labels, samples: [] };
      known.samples.push({ ns: timestampNs, value: sample.value });
      series.set(labelsKey(sample.labels), known);
    }
  }
  if (expr.op === 'absent_over_time') {
    const names = expr.log.matchers.flatMap(({ name, op, value }) =>
      op === '=' ? [[name, value] as const] : [],
    );
    const labels = labelsFromPairs(names);
    return series.size > 0 ? new Map() : new Map([[labelsKey(labels), { labels, value: 1 }]]);
  }
  return new Map(
    [...series].map(([key, { labels, samples }]) => [key, { labels, value: over(expr, samples) }]),
  );
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
const variance = (values: readonly number[]): number => {
  const m = mean(values);
  return mean(values.map((value) => (value - m) ** 2));
};

function over(expr: RangeAggregation, samples: readonly { ns: bigint; value: number }[]): number {
  const values = samples.map(({ value }) => value);
  const seconds = Number(expr.rangeNs) / 1e9;
  switch (expr.op) {
    case 'count_over_time':
      return values.length;
    case 'rate':
      return (expr.unwrap ? sum(values) : values.length) / seconds;
    case 'bytes_over_time':
    case 'sum_over_time':
      return sum(values);
    case 'bytes_rate':
      return sum(values) / seconds;
    case 'avg_over_time':
      return mean(values);
    case 'min_over_time':
      return Math.min(...values);
    case 'max_over_time':
      return Math.max(...values);
    case 'stdvar_over_time':
      return variance(values);
    case 'stddev_over_time':
      return Math.sqrt(variance(values));
    case 'quantile_over_time': {
      const sorted = values.toSorted((a, b) => a - b);
      const rank = (expr.parameter ?? 0) * (sorted.length - 1);
      const low = sorted[Math.floor(rank)] as number;
      const high = sorted[Math.ceil(rank)] as number;
      return low + (high - low) * (rank - Math.floor(rank));
    }
    case 'first_over_time':
      return values[0] as number;
    case 'last_over_time':
      return values.at(-1) as number;
    default:
      throw new Error(`not in the reference: ${expr.op}`);
  }
}

function aggregate(expr: VectorAggregation, vector: Vector): Vector {
  const names = new Set(expr.grouping?.labels);
  const groups = new Map<string, { labels: Labels; members: { labels: Labels; value: number }[] }>();
  for (const member of vector.values()) {
    const labels = member.labels.filter(([name]) => names.has(name) === (expr.grouping?.kind !== 'without'));
    const group = groups.get(labelsKey(labels)) ?? { labels, members: [] };
    group.members.push(member);
    groups.set(labelsKey(labels), group);
  }
  const out: Vector = new Map();
  for (const { labels, members } of groups.values()) {
    const values = members.map(({ value }) => value);
    const set = (value: number): void => {
      out.set(labelsKey(labels), { labels, value });
    };
    if (expr.op === 'sum') set(sum(values));
    else if (expr.op === 'avg') set(mean(values));
    else if (expr.op === 'min') set(Math.min(...values));
    else if (expr.op === 'max') set(Math.max(...values));
    else if (expr.op === 'count') set(values.length);
    else if (expr.op === 'stddev') set(Math.sqrt(variance(values)));
    else if (expr.op === 'stdvar') set(variance(values));
    else throw new Error(`not in the reference: ${expr.op}`);
  }
  return out;
}

function operate(expr: BinaryExpr, left: Vector, right: Vector): Vector {
  const scalar = (side: MetricExpr): boolean => side.kind === 'literal';
  const out: Vector = new Map();
  const put = (labels: Labels, a: number, b: number, kept: number): void => {
    const value = number(expr.op, a, b);
    if (typeof value === 'number') out.set(labelsKey(labels), { labels, value });
    else if (expr.returnBool) out.set(labelsKey(labels), { labels, value: Number(value) });
    else if (value) out.set(labelsKey(labels), { labels, value: kept });
  };
  if (expr.op === 'and') return new Map([...left].filter(([key]) => right.has(key)));
  if (expr.op === 'unless') return new Map([...left].filter(([key]) => !right.has(key)));
  if (expr.op === 'or') return new Map([...right, ...left]);
  for (const [key, { labels, value }] of scalar(expr.left) ? right : left) {
    const a = scalar(expr.left) ? (left.get('')?.value as number) : value;
    const b = scalar(expr.left) ? value : scalar(expr.right) ? right.get('')?.value : right.get(key)?.value;
    if (b !== undefined) put(labels, a, b, value);
  }
  return out;
}

function number(op: BinaryExpr['op'], a: number, b: number): number | boolean {
  const table: Record<string, number | boolean> = {
    '+': a + b,
    '-': a - b,
    '*': a * b,
    '/': b === 0 ? Number.NaN : a / b,
    '==': a === b,
    '!=': a !== b,
    '>': a > b,
    '<': a < b,
    '>=': a >= b,
    '<=': a <= b,
  };
  return table[op] as number | boolean;
}
