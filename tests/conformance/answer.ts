// Reads an HTTP answer into the normal form in which recorded answers stand: what does not count is left
// out (stats), what has no order is sorted.
import type { AnswerKind, ComparisonOptions, RecordedAnswer } from './cases.ts';
import type { HttpAnswer } from './request.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

/** The answer is not of the shape its kind has. */
export class UnreadableAnswer extends Error {}

/** Text that is equal for equal values, whatever the order of object keys. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${fields.map(([k, v]) => `${JSON.stringify(k)}:${canonical(v)}`).join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}

export const isError = (status: number): boolean => status < 200 || status > 299;

/** Throws {@link UnreadableAnswer}. */
export function readAnswer(
  kind: AnswerKind,
  http: HttpAnswer,
  options: ComparisonOptions = {},
): RecordedAnswer {
  if (http.failure !== undefined) throw new UnreadableAnswer(`no answer: ${http.failure}`);
  const { status } = http;
  const message = http.text.trim().slice(0, 300);
  if (kind === 'status') return status >= 300 ? { status, message } : { status };
  if (isError(status)) return { status, message };
  if (kind === 'text') return { status, text: http.text.trim() };
  return { status, ...readers[kind](parse(http), options) };
}

function parse(http: HttpAnswer): JsonObject {
  try {
    return JSON.parse(http.text) as JsonObject;
  } catch {
    throw new UnreadableAnswer(`status ${http.status}, but the body is not JSON: ${http.text.slice(0, 120)}`);
  }
}

type Reader = (json: JsonObject, options: ComparisonOptions) => Record<string, unknown>;

const sortedBy = <T>(list: readonly T[], key: (item: T) => unknown): T[] =>
  list
    .map((item) => ({ item, text: canonical(key(item)) }))
    .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    .map(({ item }) => item);

const list = (value: unknown): JsonObject[] => {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new UnreadableAnswer(`want a list, got ${canonical(value).slice(0, 120)}`);
  return value as JsonObject[];
};

function succeeded(json: JsonObject): void {
  if (json?.status !== 'success')
    throw new UnreadableAnswer(`"status" is ${canonical(json?.status)}, not "success"`);
}

const readers: Record<Exclude<AnswerKind, 'status' | 'text'>, Reader> = {
  query: (json, options) => {
    succeeded(json);
    const data = (json.data ?? {}) as JsonObject;
    const flags =
      data.encodingFlags === undefined ? {} : { encodingFlags: list(data.encodingFlags).toSorted() };
    return { resultType: data.resultType, ...flags, result: readResult(data, options) };
  },
  strings: (json) => {
    succeeded(json);
    return { data: list(json.data).toSorted() };
  },
  series: (json) => {
    succeeded(json);
    return { data: sortedBy(list(json.data), (labels) => labels) };
  },
  stats: ({ streams, entries, bytes }) => ({ streams, entries, bytes }),
  detected_labels: (json) => ({
    detectedLabels: sortedBy(
      list(json.detectedLabels).map(({ label, cardinality }) => ({ label, cardinality })),
      (l) => l.label,
    ),
  }),
  detected_fields: (json) => ({
    fields: sortedBy(
      list(json.fields).map(({ label, type, cardinality, parsers, jsonPath }) => ({
        label,
        type,
        cardinality,
        parsers: list(parsers).toSorted(),
        ...(jsonPath ? { jsonPath } : {}),
      })),
      (f) => f.label,
    ),
  }),
  field_values: (json) => ({ values: list(json.values).toSorted() }),
  shape: (json) => ({ shape: shapeOf(json) }),
  json: (json) => ({ json }),
};

function readResult(data: JsonObject, options: ComparisonOptions): unknown {
  const { result, resultType } = data;
  if (!Array.isArray(result)) throw new UnreadableAnswer('"result" is not a list');
  switch (resultType) {
    case 'streams':
      return sortedBy(
        list(result).map(({ stream = {}, values }) => ({ stream, values: list(values).map(readEntry) })),
        (s) => s.stream,
      );
    case 'matrix':
      return sortedBy(
        list(result).map(({ metric = {}, values }) => ({ metric, values })),
        (s) => s.metric,
      );
    case 'vector': {
      const series = list(result).map(({ metric = {}, value }) => ({ metric, value }));
      return options.ordered ? series : sortedBy(series, (s) => s.metric);
    }
    case 'scalar':
      return [null, (result as readonly Json[])[1]];
    default:
      throw new UnreadableAnswer(`unknown resultType ${canonical(resultType)}`);
  }
}

/** An empty third element says the same as none. */
function readEntry(value: unknown): unknown {
  const [time, line, labels] = value as readonly unknown[];
  return labels === undefined || canonical(labels) === '{}' ? [time, line] : [time, line, labels];
}

/** Names and JSON types only; a list is known by its first element. */
function shapeOf(value: Json): unknown {
  if (Array.isArray(value)) return value.length > 0 ? [shapeOf(value[0])] : [];
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, shapeOf(v)]));
  }
  return value === null ? 'null' : typeof value;
}
