// Metric queries, one step after the other: each looks at every entry.

import { parseBytes } from '../../src/go/bytes.ts';
import { parseGoDuration } from '../../src/go/duration.ts';
import { goFloatError, parseGoFloat } from '../../src/go/number.ts';
import type {
  BinaryExpr,
  Grouping,
  LabelReplaceExpr,
  MetricExpr,
  RangeAggregation,
  Unwrap,
  VectorAggregation,
} from '../../src/logql/ast.ts';
import type { Stage } from '../../src/logql/stages.ts';
import { wholeRegex } from './compiled.ts';
import { Entry, type Needs, type PushedEntry } from './entry.ts';
import { passesLabelFilter } from './filters.ts';
import { type PushedStream, selects } from './logs.ts';
import { type Cut, cutOf, splitOf } from './split.ts';
import { applyStage, filterNames, keepsFound, labelsRead } from './stages.ts';

/** The query cannot be answered: an entry has an error that nobody asked for, or series do not match. */
export class NoAnswer extends Error {}

type LabelRecord = Readonly<Record<string, string>>;
export interface Point {
  readonly labels: LabelRecord;
  readonly value: number;
}
export type Value = number | readonly Point[];

const keyOf = (labels: LabelRecord): string => JSON.stringify(Object.entries(labels).sort());
const selected = (labels: LabelRecord, keep: (name: string) => boolean): LabelRecord =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => keep(name)));
/** Only a series by labels keeps those with an empty value. */
const withValues = (labels: LabelRecord): LabelRecord => selected(labels, (name) => labels[name] !== '');
function grouped(labels: LabelRecord, grouping: Grouping | undefined): LabelRecord {
  const names = grouping?.labels ?? [];
  return grouping?.kind === 'without'
    ? withValues(selected(labels, (name) => !names.includes(name)))
    : selected(labels, (name) => names.includes(name));
}

interface Known {
  /** The samples of a range aggregation in the order of their times. */
  readonly samples: (expr: RangeAggregation) => readonly Sample[];
  readonly cut: (expr: VectorAggregation) => Cut | undefined;
}

/** Evaluates a query at any moment. The samples of each range are worked out once, whatever the moments are. */
export function evaluator(
  query: MetricExpr,
  streams: readonly PushedStream[],
  splitNs = 0n,
): (atNs: bigint) => Value {
  const samples = new Map<RangeAggregation, readonly Sample[]>();
  const cuts = new Map<VectorAggregation, Cut>();
  const pieceNs = splitOf(query, splitNs);
  const collect = (expr: MetricExpr, around?: VectorAggregation): void => {
    if (expr.kind === 'rangeAggregation') samples.set(expr, samplesOf(expr, streams, around));
    else if (expr.kind === 'vectorAggregation') {
      const cut = cutOf(expr, pieceNs);
      if (cut === undefined) collect(expr.expr, expr);
      else {
        cuts.set(expr, cut);
        for (const piece of cut.pieces) collect(piece);
      }
    } else if (expr.kind === 'labelReplace') collect(expr.expr);
    else if (expr.kind === 'binary') {
      collect(expr.left);
      collect(expr.right);
    }
  };
  collect(query);
  return (atNs) =>
    valueAt(query, atNs, { samples: (expr) => samples.get(expr) ?? [], cut: (expr) => cuts.get(expr) });
}

/** Throws NoAnswer. */
function valueAt(expr: MetricExpr, atNs: bigint, known: Known): Value {
  switch (expr.kind) {
    case 'literal':
      return expr.value;
    case 'vector':
      return [{ labels: {}, value: expr.value }];
    case 'rangeAggregation':
      return rangeAt(expr, known.samples(expr), atNs);
    case 'vectorAggregation': {
      const cut = known.cut(expr);
      if (cut === undefined) return aggregate(expr, valueAt(expr.expr, atNs, known));
      const pieces = cut.pieces.flatMap((piece) => valueAt(piece, atNs, known) as readonly Point[]);
      return aggregate(cut.join, pieces).map(({ labels, value }) => ({ labels, value: value / cut.divisor }));
    }
    case 'labelReplace':
      return replace(expr, valueAt(expr.expr, atNs, known));
    case 'binary':
      return operate(expr, valueAt(expr.left, atNs, known), valueAt(expr.right, atNs, known));
  }
}

// ---- ranges -----------------------------------------------------------------------

/** Operations on which the grouping of a `sum` around them is applied to each sample. */
const pushable = ['count_over_time', 'rate', 'bytes_over_time', 'bytes_rate', 'sum_over_time'];

interface Sample {
  readonly ns: bigint;
  readonly labels: LabelRecord;
  readonly value: number;
  /** Of an entry whose error nobody asked for, else ''. */
  readonly error: string;
}

function samplesOf(
  expr: RangeAggregation,
  streams: readonly PushedStream[],
  around: VectorAggregation | undefined,
): readonly Sample[] {
  const plan = samplePlan(expr, around);
  return streams
    .filter(({ labels }) => selects(expr.log.matchers, labels))
    .flatMap(({ labels, entries }) => entries.flatMap((pushed) => sampleOf(plan, labels, pushed)))
    .toSorted((a, b) => Number(a.ns - b.ns));
}

/** Throws NoAnswer. */
function rangeAt(expr: RangeAggregation, samples: readonly Sample[], atNs: bigint): readonly Point[] {
  const endNs = atNs - expr.offsetNs;
  const inWindow = samples.filter(({ ns }) => ns > endNs - expr.rangeNs && ns <= endNs);
  const wrong = inWindow.find(({ error }) => error !== '');
  if (wrong !== undefined) throw new NoAnswer(wrong.error);
  if (expr.op === 'absent_over_time')
    return inWindow.length > 0 ? [] : [{ labels: absentLabels(expr), value: 1 }];
  const series = new Map<string, Sample[]>();
  for (const sample of inWindow) {
    const key = keyOf(sample.labels);
    series.set(key, [...(series.get(key) ?? []), sample]);
  }
  return [...series.values()].map((own) => ({
    labels: (own[0] as Sample).labels,
    value: over(expr, own, endNs),
  }));
}

function absentLabels({ log: { matchers } }: RangeAggregation): LabelRecord {
  const once = matchers.filter(({ name }) => matchers.filter((other) => other.name === name).length === 1);
  return Object.fromEntries(
    once.filter(({ op, value }) => op === '=' && value !== '').map(({ name, value }) => [name, value]),
  );
}

interface SamplePlan {
  readonly stages: readonly Stage[];
  readonly needs: Needs;
  readonly unwrap: Unwrap | undefined;
  readonly ofBytes: boolean;
  readonly series: (entry: Entry) => LabelRecord;
}

function samplePlan(expr: RangeAggregation, around: VectorAggregation | undefined): SamplePlan {
  const { op, unwrap, log } = expr;
  const ofBytes = op === 'bytes_over_time' || op === 'bytes_rate';
  const readsLine = ({ kind }: Stage): boolean => !['labelFilter', 'drop', 'keep'].includes(kind);
  // A new line that nobody reads is not printed.
  const stages = ofBytes
    ? log.stages
    : log.stages.filter(
        (stage, i) =>
          !['lineFormat', 'decolorize'].includes(stage.kind) || log.stages.slice(i + 1).some(readsLine),
      );
  const pushed =
    around?.op === 'sum' && pushable.includes(op)
      ? (around.grouping ?? { kind: 'by', labels: [] })
      : undefined;
  const grouping: Grouping | undefined = expr.grouping ?? (pushed as Grouping | undefined);
  const noLabels = op === 'absent_over_time' || (grouping?.kind === 'by' && grouping.labels.length === 0);
  const by = grouping?.kind === 'by' && grouping.labels.length > 0;
  const read = [
    ...stages.flatMap(labelsRead),
    ...(unwrap === undefined ? [] : [unwrap.label, ...unwrap.postFilters.flatMap(filterNames)]),
    ...(by ? grouping.labels : []),
  ];
  const names = new Set(read.flatMap((name) => [name, name.replace(/_extracted$/, '')]));
  const filters = [
    ...stages.flatMap((stage) => (stage.kind === 'labelFilter' ? [stage.filter] : [])),
    ...(unwrap?.postFilters ?? []),
  ];
  const needs: Needs = {
    nothing: noLabels && names.size === 0,
    names: noLabels || by ? names : new Set(),
    errors: (noLabels || by) && names.has('__error__'),
    keeps: noLabels ? () => true : keepsFound(filters),
  };
  const without = [
    ...(grouping?.kind === 'without' ? grouping.labels : []),
    ...(unwrap && !by ? [unwrap.label] : []),
  ];
  return {
    stages,
    needs,
    unwrap,
    ofBytes,
    series: (entry) => {
      const all = entry.labels();
      if (entry.error !== '') return withValues(all);
      if (noLabels) return {};
      if (by) return selected(all, (name) => grouping.labels.includes(name));
      return withValues(selected(all, (name) => !without.includes(name)));
    },
  };
}

/** None or one. */
function sampleOf(plan: SamplePlan, stream: LabelRecord, pushed: PushedEntry): readonly Sample[] {
  const entry = new Entry(stream, pushed, plan.needs);
  if (!plan.stages.every((stage) => applyStage(stage, entry))) return [];
  let value = plan.ofBytes ? Buffer.byteLength(entry.line) : 1;
  if (plan.unwrap !== undefined) {
    const text = entry.get(plan.unwrap.label) ?? '';
    if (text === '') return [];
    const converted = convert(plan.unwrap, text);
    if (typeof converted === 'string') entry.setError('SampleExtractionErr', converted);
    value = typeof converted === 'string' ? 0 : converted;
    if (!plan.unwrap.postFilters.every((filter) => passesLabelFilter(filter, entry))) return [];
  }
  const labels = plan.series(entry);
  const error = labels.__preserve_error__ === 'true' ? '' : (labels.__error__ ?? '');
  return [{ ns: pushed.ns, labels, value, error }];
}

/** A number, or the text of the error. */
function convert({ conversion }: Unwrap, text: string): number | string {
  if (conversion === undefined) return parseGoFloat(text) ?? goFloatError(text);
  if (conversion === 'bytes') return parseBytes(text);
  const ns = parseGoDuration(text);
  return typeof ns === 'string' ? ns : Number(ns / 1_000_000_000n) + Number(ns % 1_000_000_000n) / 1e9;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const variance = (values: readonly number[]): number => {
  const mean = sum(values) / values.length;
  return sum(values.map((value) => (value - mean) ** 2)) / values.length;
};

function over(expr: RangeAggregation, samples: readonly Sample[], endNs: bigint): number {
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
      return sum(values) / values.length;
    case 'min_over_time':
      return Math.min(...values);
    case 'max_over_time':
      return Math.max(...values);
    case 'stdvar_over_time':
      return variance(values);
    case 'stddev_over_time':
      return Math.sqrt(variance(values));
    case 'quantile_over_time':
      return quantile(expr.parameter ?? 0, values);
    case 'first_over_time':
      return values[0] as number;
    case 'last_over_time':
      return values.at(-1) as number;
    case 'rate_counter':
      return counterRate(samples, endNs, expr.rangeNs);
    case 'absent_over_time':
      throw new Error('has no samples');
  }
}

function quantile(q: number, values: readonly number[]): number {
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  const sorted = values.toSorted((a, b) => a - b);
  const rank = q * (sorted.length - 1);
  const low = Math.floor(rank);
  const weight = rank - low;
  const above = sorted[Math.min(low + 1, sorted.length - 1)] as number;
  return (sorted[low] as number) * (1 - weight) + above * weight;
}

/** Prometheus' extrapolated rate. */
function counterRate(samples: readonly Sample[], endNs: bigint, rangeNs: bigint): number {
  const first = samples[0] as Sample;
  const last = samples.at(-1) as Sample;
  if (samples.length < 2) return 0;
  let increase = last.value - first.value;
  samples.forEach(({ value }, i) => {
    const before = samples[i - 1]?.value ?? 0;
    if (value < before) increase += before;
  });
  const seconds = (ns: bigint): number => Number(ns) / 1e9;
  const sampled = seconds(last.ns - first.ns);
  const between = sampled / (samples.length - 1);
  const reach = (toBound: number): number => (toBound < between * 1.1 ? toBound : between / 2);
  let toStart = reach(seconds(first.ns - (endNs - rangeNs)));
  if (increase > 0 && first.value >= 0) toStart = Math.min(toStart, sampled * (first.value / increase));
  const reached = sampled + toStart + reach(seconds(endNs - last.ns));
  return (increase * (reached / sampled)) / seconds(rangeNs);
}

// ---- vectors ----------------------------------------------------------------------

function aggregate(expr: VectorAggregation, operand: Value): readonly Point[] {
  if (typeof operand === 'number') throw new NoAnswer('a scalar');
  if (expr.op === 'sort' || expr.op === 'sort_desc') {
    const sign = expr.op === 'sort' ? 1 : -1;
    const isNoNumber = ({ value }: Point): number => Number(Number.isNaN(value));
    // What is no number comes last either way.
    return operand.toSorted((a, b) => isNoNumber(a) - isNoNumber(b) || sign * (a.value - b.value));
  }
  const groups = new Map<string, { labels: LabelRecord; members: Point[] }>();
  for (const member of operand) {
    const labels = grouped(member.labels, expr.grouping);
    const group = groups.get(keyOf(labels)) ?? { labels, members: [] };
    group.members.push(member);
    groups.set(keyOf(labels), group);
  }
  return [...groups.values()].flatMap(({ labels, members }): readonly Point[] => {
    const values = members.map(({ value }) => value);
    const one = (value: number): readonly Point[] => [{ labels, value }];
    switch (expr.op) {
      case 'sum':
        return one(sum(values));
      case 'avg':
        return one(sum(values) / values.length);
      case 'min':
        return one(Math.min(...values));
      case 'max':
        return one(Math.max(...values));
      case 'count':
        return one(values.length);
      case 'stddev':
        return one(Math.sqrt(variance(values)));
      case 'stdvar':
        return one(variance(values));
      default: {
        const sign = expr.op === 'bottomk' ? 1 : -1;
        // Of equal values those of the first labels are taken.
        const ranked = members.toSorted((a, b) => sign * (a.value - b.value) || byLabels(a.labels, b.labels));
        return ranked.slice(0, Math.max(0, Math.floor(expr.parameter ?? 0)));
      }
    }
  });
}

function byLabels(a: LabelRecord, b: LabelRecord): number {
  const [left, right] = [a, b].map((labels) => Object.entries(labels).sort().flat()) as [string[], string[]];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x, y] = [left[i] as string, right[i] as string];
    if (x !== y) return x < y ? -1 : 1;
  }
  return left.length - right.length;
}

function replace(expr: LabelReplaceExpr, operand: Value): readonly Point[] {
  if (typeof operand === 'number') throw new NoAnswer('a scalar');
  const pattern = wholeRegex(expr.regex);
  const points = operand.map(({ labels, value }) => {
    const matcher = pattern.matcher(labels[expr.source] ?? '');
    if (!matcher.find()) return { labels, value };
    const text = expr.replacement.replace(/\$(?:(\$)|(\w+)|\{(\w+)\})/g, (_, dollar, plain, braced) => {
      if (dollar !== undefined) return dollar;
      const group = String(plain ?? braced);
      const index = /^\d+$/.test(group)
        ? Number(group)
        : (pattern.namedGroups()[group] ?? Number.POSITIVE_INFINITY);
      return index <= matcher.groupCount() ? (matcher.group(index) ?? '') : '';
    });
    const { [expr.destination]: _, ...rest } = labels;
    return { labels: withValues({ ...rest, [expr.destination]: text }), value };
  });
  if (new Set(points.map(({ labels }) => keyOf(labels))).size < points.length)
    throw new NoAnswer('equal labels');
  return points;
}

function operate(expr: BinaryExpr, left: Value, right: Value): Value {
  if (typeof left === 'number' && typeof right === 'number') return Number(calculate(expr.op, left, right));
  const filters = ['==', '!=', '>', '>=', '<', '<='].includes(expr.op) && !expr.returnBool;
  const point = (labels: LabelRecord, a: number, b: number, kept: number): readonly Point[] => {
    const result = calculate(expr.op, a, b);
    if (filters) return result === 1 ? [{ labels, value: kept }] : [];
    return [{ labels, value: result }];
  };
  if (typeof left === 'number')
    return (right as readonly Point[]).flatMap(({ labels, value }) => point(labels, left, value, value));
  if (typeof right === 'number')
    return left.flatMap(({ labels, value }) => point(labels, value, right, value));
  const { matching } = expr;
  const signature = ({ labels }: Point): string =>
    keyOf(
      matching === undefined
        ? labels
        : selected(labels, (name) => matching.labels.includes(name) === matching.on),
    );
  const among = (points: readonly Point[], one: Point): Point[] =>
    points.filter((other) => signature(other) === signature(one));
  if (expr.op === 'and') return left.filter((one) => among(right, one).length > 0);
  if (expr.op === 'unless') return left.filter((one) => among(right, one).length === 0);
  if (expr.op === 'or') return [...left, ...right.filter((one) => among(left, one).length === 0)];
  const swapped = matching?.cardinality === 'one-to-many';
  const [many, ones] = swapped ? [right, left] : [left, right];
  const oneToOne = matching === undefined || matching.cardinality === 'one-to-one';
  if (ones.some((one) => among(ones, one).length > 1)) throw new NoAnswer('many to many');
  if (oneToOne && many.some((one) => among(many, one).length > 1 && among(ones, one).length > 0))
    throw new NoAnswer('many to one');
  const matched = new Set<string>();
  return many.flatMap((a): readonly Point[] => {
    const [b] = among(ones, a);
    if (b === undefined) return [];
    let labels = withValues(a.labels);
    if (oneToOne && matching !== undefined)
      labels = selected(labels, (name) => matching.labels.includes(name) === matching.on);
    for (const name of matching?.include ?? []) {
      const { [name]: _, ...rest } = labels;
      labels =
        b.labels[name] === undefined || b.labels[name] === '' ? rest : { ...rest, [name]: b.labels[name] };
    }
    if (matched.has(keyOf(labels))) throw new NoAnswer('not unique');
    matched.add(keyOf(labels));
    const [x, y] = swapped ? [b.value, a.value] : [a.value, b.value];
    return point(labels, x, y, x);
  });
}

function calculate(op: BinaryExpr['op'], a: number, b: number): number {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return b === 0 ? Number.NaN : a / b;
    case '%':
      return b === 0 ? Number.NaN : a % b;
    case '^':
      return a === 1 ? 1 : a ** b;
    case '==':
      return Number(a === b);
    case '!=':
      return Number(a !== b);
    case '>':
      return Number(a > b);
    case '>=':
      return Number(a >= b);
    case '<':
      return Number(a < b);
    case '<=':
      return Number(a <= b);
    default:
      throw new Error(`not a calculation: ${op}`);
  }
}
