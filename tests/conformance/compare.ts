// Compares an answer with the recorded one. Rules: README.md in this folder.

import { canonical, isError } from './answer.ts';
import type { AnswerKind, ComparisonOptions, RecordedAnswer, Step } from './cases.ts';

/** The first difference as a sentence; undefined when the answers agree. */
type Difference = string | undefined;

type LabelRecord = Readonly<Record<string, string>>;
interface Stream {
  readonly stream: LabelRecord;
  readonly values: readonly (readonly unknown[])[];
}
type Sample = readonly [time: number, value: string];
interface VectorSeries {
  readonly metric: LabelRecord;
  readonly value: Sample;
}
interface MatrixSeries {
  readonly metric: LabelRecord;
  readonly values: readonly Sample[];
}

export interface CompareOptions extends ComparisonOptions {
  /** Direction of a log query: how entries of merged streams are ordered again. */
  readonly forward?: boolean;
  /** index/volume_range: byte counts depend on the store; only label sets are compared. */
  readonly metricsOnly?: boolean;
}

/** Options that a step's request implies. */
export function optionsOf(step: Step): CompareOptions {
  const direction = String((step.req.params ?? step.req.form)?.direction ?? '');
  const forward = direction.toLowerCase() === 'forward';
  if (step.req.path.includes('/index/volume_range')) return { ...step.opts, forward, metricsOnly: true };
  if (step.req.path.includes('/index/volume')) return { ...step.opts, forward, rel: 0.6, abs: 6000 };
  return { ...step.opts, forward };
}

export function compareAnswers(
  kind: AnswerKind,
  want: RecordedAnswer,
  got: RecordedAnswer,
  options: CompareOptions = {},
): Difference {
  const { statuses } = options;
  if (statuses?.includes(want.status) && statuses.includes(got.status)) return undefined;
  // Where the reference itself breaks, any refusal will do.
  if (want.status >= 500 && got.status >= 400) return undefined;
  if (want.status !== got.status) {
    return `status: want ${want.status} ${text(want.message)}, got ${got.status} ${text(got.message)}`;
  }
  if (kind === 'status' || isError(want.status)) return undefined;
  switch (kind) {
    case 'query':
      return compareQuery(want, got, options);
    case 'stats':
      return compareStats(want, got, options);
    case 'detected_labels':
      return compareKeyed(list(want.detectedLabels), list(got.detectedLabels), (l) => l.label, cardinality);
    case 'detected_fields':
      return compareKeyed(list(want.fields), list(got.fields), (f) => f.label, compareField);
    case 'shape':
      return compareShape(want.shape, got.shape, options.omit ?? [], '$');
    default:
      return compareDeep(want, got, '$');
  }
}

// ---- numbers ---------------------------------------------------------------------

function toNumber(value: unknown): number {
  if (value === '+Inf' || value === 'Inf') return Number.POSITIVE_INFINITY;
  if (value === '-Inf') return Number.NEGATIVE_INFINITY;
  return Number(value);
}

function sameNumber(want: unknown, got: unknown, rel = 1e-9, abs = 1e-9): boolean {
  const a = toNumber(want);
  const b = toNumber(got);
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b);
  return a === b || Math.abs(a - b) <= Math.max(abs, rel * Math.max(Math.abs(a), Math.abs(b)));
}

// ---- query results -----------------------------------------------------------------

function compareQuery(want: RecordedAnswer, got: RecordedAnswer, options: CompareOptions): Difference {
  if (want.resultType !== got.resultType) return `resultType: want ${want.resultType}, got ${got.resultType}`;
  if (canonical(want.encodingFlags) !== canonical(got.encodingFlags)) {
    return `encodingFlags: want ${text(want.encodingFlags)}, got ${text(got.encodingFlags)}`;
  }
  switch (want.resultType) {
    case 'scalar': {
      const [a, b] = [(want.result as unknown[])[1], (got.result as unknown[])[1]];
      return sameNumber(a, b) ? undefined : `scalar: want ${text(a)}, got ${text(b)}`;
    }
    case 'streams': {
      const forward = options.forward === true;
      const [a, b] = [want, got].map((answer) => withoutDetails(answer.result as Stream[], forward));
      return compareKeyed(
        a as Stream[],
        b as Stream[],
        (s) => s.stream,
        (x, y) => compareEntries(x.values, y.values),
      );
    }
    case 'matrix':
      return compareKeyed(
        want.result as MatrixSeries[],
        got.result as MatrixSeries[],
        (s) => s.metric,
        (x, y) => (options.metricsOnly ? undefined : compareSamples(x.values, y.values)),
      );
    default:
      return compareVector(want.result as VectorSeries[], got.result as VectorSeries[], options);
  }
}

function compareVector(
  want: readonly VectorSeries[],
  got: readonly VectorSeries[],
  options: CompareOptions,
): Difference {
  const metric = (s: VectorSeries): LabelRecord => s.metric;
  if (options.metricsOnly) return compareKeyed(want, got, metric, () => undefined);
  const { rel, abs } = options;
  if (rel !== undefined) {
    return compareKeyed(want, got, metric, (a, b) =>
      sameNumber(a.value[1], b.value[1], rel, abs)
        ? undefined
        : `want about ${a.value[1]}, got ${b.value[1]}`,
    );
  }
  const each = (a: VectorSeries, b: VectorSeries): Difference => compareSample(a.value, b.value);
  if (!options.ordered && !options.tied) return compareKeyed(want, got, metric, each);

  if (want.length !== got.length) return `want ${want.length} series, got ${got.length}`;
  const values = (series: readonly VectorSeries[]): number[] => series.map((s) => toNumber(s.value[1]));
  const [a, b] = [values(want), values(got)];
  if (options.tied) {
    a.sort((x, y) => x - y);
    b.sort((x, y) => x - y);
  }
  const differs = a.findIndex((value, i) => !sameNumber(value, b[i]));
  if (differs >= 0) return `position ${differs}: want ${a[differs]}, got ${b[differs]}`;
  if (options.ordered) return compareKeyed(want, got, metric, each);
  // Series at either end of the values may be tied with ones that were cut off.
  const settled = (s: VectorSeries): boolean =>
    !sameNumber(s.value[1], a[0]) && !sameNumber(s.value[1], a[a.length - 1]);
  return compareKeyed(want.filter(settled), got.filter(settled), metric, each);
}

function compareSample(want: Sample | undefined, got: Sample | undefined): Difference {
  if (want === undefined || got === undefined) return `want ${text(want)}, got ${text(got)}`;
  if (!sameNumber(want[0], got[0], 1e-12, 1e-3)) return `timestamp: want ${want[0]}, got ${got[0]}`;
  return sameNumber(want[1], got[1]) ? undefined : `value at ${want[0]}: want ${want[1]}, got ${got[1]}`;
}

function compareSamples(want: readonly Sample[], got: readonly Sample[]): Difference {
  if (want.length !== got.length) {
    return `want ${want.length} points, got ${got.length} (first wanted ${text(want[0])}, first got ${text(got[0])})`;
  }
  return firstOf(want, (sample, i) => compareSample(sample, got[i]));
}

function compareEntries(
  want: readonly (readonly unknown[])[],
  got: readonly (readonly unknown[])[],
): Difference {
  for (let i = 0; i < Math.max(want.length, got.length); i++) {
    if (canonical(want[i]) !== canonical(got[i])) {
      return `entry ${i} of ${want.length}: want ${text(want[i])}, got ${text(got[i])}`;
    }
  }
  return undefined;
}

const details = '__error_details__';

/** The text of `__error_details__` is free: it is blanked, and streams that then have equal labels become one. */
function withoutDetails(streams: readonly Stream[], forward: boolean): Stream[] {
  const blank = <T>(labels: T): T =>
    labels !== null && typeof labels === 'object' && details in labels
      ? { ...labels, [details]: '*' }
      : labels;
  const merged = new Map<string, { stream: LabelRecord; values: (readonly unknown[])[]; parts: number }>();
  for (const { stream, values } of streams) {
    const labels = blank(stream);
    const entries = values.map(([time, line, categorised]) => {
      const parsed = (categorised as { parsed?: LabelRecord } | undefined)?.parsed;
      if (parsed === undefined) return categorised === undefined ? [time, line] : [time, line, categorised];
      return [time, line, { ...(categorised as object), parsed: blank(parsed) }];
    });
    const key = canonical(labels);
    const group = merged.get(key);
    if (group) {
      group.values.push(...entries);
      group.parts++;
    } else merged.set(key, { stream: labels, values: entries, parts: 1 });
  }
  for (const group of merged.values()) if (group.parts > 1) group.values.sort(byTimeThenLine(forward));
  return [...merged.values()];
}

function byTimeThenLine(forward: boolean) {
  return (a: readonly unknown[], b: readonly unknown[]): number => {
    const [x, y] = [BigInt(a[0] as string), BigInt(b[0] as string)];
    if (x === y) return (a[1] as string) < (b[1] as string) ? -1 : 1;
    return x < y === forward ? -1 : 1;
  };
}

// ---- other answers -------------------------------------------------------------------

function compareStats(want: RecordedAnswer, got: RecordedAnswer, options: CompareOptions): Difference {
  for (const name of ['streams', 'entries']) {
    if (!sameNumber(want[name], got[name]))
      return `${name}: want ${text(want[name])}, got ${text(got[name])}`;
  }
  const abs = options.abs ?? 4096 + 1024 * Number(want.streams);
  if (sameNumber(want.bytes, got.bytes, options.rel ?? 0.5, abs)) return undefined;
  return `bytes: want about ${text(want.bytes)}, got ${text(got.bytes)}`;
}

type Field = Readonly<Record<string, unknown>>;
const list = (value: unknown): readonly Field[] => (value ?? []) as readonly Field[];

function cardinality(want: Field, got: Field): Difference {
  if (sameNumber(want.cardinality, got.cardinality, 0.1, 2)) return undefined;
  return `cardinality: want about ${text(want.cardinality)}, got ${text(got.cardinality)}`;
}

function compareField(want: Field, got: Field): Difference {
  for (const name of ['type', 'parsers', 'jsonPath']) {
    if (canonical(want[name]) !== canonical(got[name])) {
      return `${name}: want ${text(want[name])}, got ${text(got[name])}`;
    }
  }
  return cardinality(want, got);
}

/** Every wanted name is there with the wanted type; more names are fine. */
function compareShape(want: unknown, got: unknown, omit: readonly string[], path: string): Difference {
  if (Array.isArray(want)) {
    if (!Array.isArray(got)) return `${path}: want a list`;
    return want.length > 0 && got.length > 0 ? compareShape(want[0], got[0], omit, `${path}[]`) : undefined;
  }
  if (typeof want !== 'object' || want === null) {
    return want === got ? undefined : `${path}: want ${text(want)}, got ${text(got)}`;
  }
  if (typeof got !== 'object' || got === null || Array.isArray(got)) return `${path}: want an object`;
  const names = Object.keys(want).filter((name) => !omit.includes(name));
  return firstOf(names, (name) =>
    name in got
      ? compareShape((want as Field)[name], (got as Field)[name], omit, `${path}.${name}`)
      : `${path}.${name} is missing`,
  );
}

function compareDeep(want: unknown, got: unknown, path: string): Difference {
  if (typeof want === 'number' && typeof got === 'number') {
    return sameNumber(want, got) ? undefined : `${path}: want ${want}, got ${got}`;
  }
  const both = typeof want === 'object' && typeof got === 'object' && want !== null && got !== null;
  if (!both || Array.isArray(want) !== Array.isArray(got)) {
    return want === got ? undefined : `${path}: want ${text(want)}, got ${text(got)}`;
  }
  const names = [...new Set([...Object.keys(want), ...Object.keys(got)])];
  return firstOf(names, (name) =>
    name in want && name in got
      ? compareDeep((want as Field)[name], (got as Field)[name], `${path}.${name}`)
      : `${path}.${name}: want ${text((want as Field)[name])}, got ${text((got as Field)[name])}`,
  );
}

// ---- lists keyed by label set -----------------------------------------------------------

function compareKeyed<T>(
  want: readonly T[],
  got: readonly T[],
  key: (item: T) => unknown,
  each: (want: T, got: T) => Difference,
): Difference {
  const byKey = new Map<string, T>();
  for (const item of got) {
    const text = canonical(key(item));
    if (byKey.has(text)) return `label set appears twice: ${text}`;
    byKey.set(text, item);
  }
  for (const item of want) {
    const itemKey = canonical(key(item));
    const match = byKey.get(itemKey);
    if (match === undefined) {
      const wanted = new Set(want.map((w) => canonical(key(w))));
      const extra = [...byKey.keys()].find((k) => !wanted.has(k));
      return `missing ${itemKey}; ${extra === undefined ? `${got.length} of ${want.length} present` : `instead there is ${extra}`}`;
    }
    const difference = each(item, match);
    if (difference !== undefined) return `${itemKey}: ${difference}`;
    byKey.delete(itemKey);
  }
  const [extra] = byKey.keys();
  return extra === undefined ? undefined : `${byKey.size} extra, such as ${extra}`;
}

function firstOf<T>(items: readonly T[], difference: (item: T, index: number) => Difference): Difference {
  for (const [index, item] of items.entries()) {
    const found = difference(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}

function text(value: unknown): string {
  const json = JSON.stringify(value) ?? 'nothing';
  return json.length > 220 ? `${json.slice(0, 220)}…` : json;
}
