// Questions to the gateway: lines, series, labels.

import type { Span } from '../time/time-range.ts';
import { type Entry, entriesOf, type Labels, type StreamAnswer } from './entry.ts';
import { requestJson } from './requests.ts';

export interface LinesQuery extends Span {
  readonly query: string;
  readonly limit: number;
}

export interface RangeQuery extends LinesQuery {
  /** Between the points of a series. */
  readonly stepSeconds: number;
}

/** `forward` takes the oldest entries of the span instead of the newest. */
export type Direction = 'backward' | 'forward';

export interface Series {
  readonly labels: Labels;
  readonly points: readonly (readonly [unixSeconds: number, value: number])[];
}

export type QueryAnswer =
  | { readonly kind: 'lines'; readonly entries: readonly Entry[]; readonly warnings: readonly string[] }
  | { readonly kind: 'series'; readonly series: readonly Series[]; readonly warnings: readonly string[] };

const times = ({ startNs, endNs }: Span) => ({ start: String(startNs), end: String(endNs) });

interface MatrixAnswer {
  readonly metric: Labels;
  readonly values: readonly (readonly [number, string])[];
}
interface RangeAnswer {
  readonly warnings?: readonly string[];
  readonly data:
    | { readonly resultType: 'streams'; readonly result: readonly StreamAnswer[] }
    | { readonly resultType: 'matrix'; readonly result: readonly MatrixAnswer[] };
}

/** Lines newest first, or series, as the query has it. A step is needed for series only. */
export async function queryRange(
  request: LinesQuery & Partial<RangeQuery>,
  signal: AbortSignal | undefined,
  direction: Direction = 'backward',
): Promise<QueryAnswer> {
  const parameters = {
    query: request.query,
    ...times(request),
    limit: String(request.limit),
    ...(request.stepSeconds !== undefined && { step: String(request.stepSeconds) }),
    direction,
  };
  const answer = (await requestJson('loki/api/v1/query_range', parameters, signal)) as RangeAnswer;
  const { data, warnings = [] } = answer;
  if (data.resultType === 'streams') return { kind: 'lines', entries: entriesOf(data.result), warnings };
  const series = data.result.map(({ metric, values }) => ({
    labels: metric,
    points: values.map(([seconds, value]) => [seconds, Number(value)] as const),
  }));
  return { kind: 'series', series, warnings };
}

/** Entries of a log query. Rejects when it turns out to be a metric query. */
export async function queryLines(
  { query, startNs, endNs, limit }: LinesQuery,
  signal: AbortSignal | undefined,
  direction: Direction = 'backward',
): Promise<readonly Entry[]> {
  const answer = await queryRange({ query, startNs, endNs, limit }, signal, direction);
  if (answer.kind === 'series') throw new Error('a metric query has no lines');
  return answer.entries;
}

type SampleValue = readonly [unixSeconds: number, value: string];
interface InstantAnswer {
  readonly warnings?: readonly string[];
  readonly data:
    | {
        readonly resultType: 'vector';
        readonly result: readonly { readonly metric: Labels; readonly value: SampleValue }[];
      }
    | { readonly resultType: 'scalar'; readonly result: SampleValue };
}

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

export interface SamplesAnswer {
  readonly samples: readonly Sample[];
  readonly warnings: readonly string[];
}

/** The samples of a metric query at one moment; a query that is a number has one without labels. */
export async function queryMoment(
  query: string,
  timeNs: bigint,
  signal: AbortSignal,
): Promise<SamplesAnswer> {
  const answer = await requestJson('loki/api/v1/query', { query, time: String(timeNs) }, signal);
  const { data, warnings = [] } = answer as InstantAnswer;
  if (data.resultType === 'scalar')
    return { samples: [{ labels: {}, value: Number(data.result[1]) }], warnings };
  const samples = data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  return { samples, warnings };
}

/** Its samples alone. */
export const queryInstant = async (
  query: string,
  timeNs: bigint,
  signal: AbortSignal,
): Promise<readonly Sample[]> => (await queryMoment(query, timeNs, signal)).samples;

export async function readLabelNames(range: Span, signal?: AbortSignal): Promise<readonly string[]> {
  const answer = await requestJson('loki/api/v1/labels', times(range), signal);
  return (answer as { readonly data?: readonly string[] }).data ?? [];
}

/** Of streams that match `selector`, or of all. */
export async function readLabelValues(name: string, range: Span, selector = ''): Promise<readonly string[]> {
  const path = `loki/api/v1/label/${encodeURIComponent(name)}/values`;
  const parameters = selector === '' ? times(range) : { ...times(range), query: selector };
  const answer = (await requestJson(path, parameters)) as { readonly data?: readonly string[] };
  return answer.data ?? [];
}

export interface DetectedField {
  readonly label: string;
  readonly type: string;
  readonly cardinality: number;
  readonly parsers: readonly string[] | null;
}

/** Fields that lines of the query have, found in some of them. */
export async function readDetectedFields(
  query: string,
  range: Span,
  signal?: AbortSignal,
): Promise<readonly DetectedField[]> {
  const parameters = { query, ...times(range) };
  const answer = await requestJson('loki/api/v1/detected_fields', parameters, signal);
  return (answer as { readonly fields?: readonly DetectedField[] | null }).fields ?? [];
}

interface PatternAnswer {
  readonly data: readonly {
    readonly pattern: string;
    readonly level?: string;
    readonly samples: readonly (readonly [unixSeconds: number, count: number])[];
  }[];
}

export interface Pattern {
  /** `<_> took <_> ms`, as the filter `|>` takes it. */
  readonly pattern: string;
  readonly level: string | undefined;
  readonly count: number;
}

/** Of all lines of a selector's streams, the most frequent first. */
export async function readPatterns(
  selector: string,
  range: Span,
  signal: AbortSignal,
): Promise<readonly Pattern[]> {
  const answer = await requestJson('loki/api/v1/patterns', { query: selector, ...times(range) }, signal);
  return (answer as PatternAnswer).data
    .map(({ pattern, level, samples }) => ({
      pattern,
      level,
      count: samples.reduce((sum, [, count]) => sum + count, 0),
    }))
    .sort((a, b) => b.count - a.count);
}
