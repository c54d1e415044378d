// Prometheus' query API over recorded series, as far as Grafana and curl need it: query, query_range, series, labels and
// the values of a label.

import { formatGoFloat } from '../../go/number.ts';
import { parsePrometheusDuration } from '../../go/prometheus-duration.ts';
import { parseRfc3339 } from '../../go/rfc3339.ts';
import { compileMatchers, matchesLabels } from '../../logql/matchers.ts';
import { type Labels, labelsToRecord } from '../../model/labels.ts';
import { RegexError } from '../../regex/re2.ts';
import { QueryEvaluationError, QueryLimitError } from '../../scan/query-errors.ts';
import type { StepSeries } from '../../scan/ranges/step-series.ts';
import { failure, success } from '../prometheus-answer.ts';
import type { RulerAnswer } from '../ruler-protocol.ts';
import type { ViewParameters } from '../rules-view.ts';
import {
  evaluateRecorded,
  type NamedSeries,
  namedSeries,
  type RecordedAnswer,
  type RecordedStore,
} from './evaluate-recorded.ts';
import { parsePromql, parseSeriesSelector } from './promql.ts';
import { PromqlError } from './promql-tokens.ts';

/** `label`: of `values`. */
export type RecordedRequest = { readonly parameters: ViewParameters } & (
  | { readonly ask: 'query' | 'query_range' | 'series' | 'labels' }
  | { readonly ask: 'values'; readonly label: string }
);

export interface RecordedClock {
  readonly nowMs: number;
  /** Older samples are gone, or about to be. */
  readonly keptMs: number;
}

/** A parameter that cannot be read. */
class ParameterError extends Error {
  override readonly name = 'ParameterError';
}

export async function answerRecorded(
  store: RecordedStore,
  tenant: string,
  request: RecordedRequest,
  clock: RecordedClock,
): Promise<RulerAnswer> {
  try {
    const body = success(await dataOf(store, tenant, request, clock));
    return { status: 200, contentType: 'application/json', body };
  } catch (error) {
    if (error instanceof PromqlError || error instanceof ParameterError || error instanceof RegexError)
      return failure(400, 'bad_data', error.message);
    if (error instanceof QueryLimitError || error instanceof QueryEvaluationError)
      return failure(422, 'execution', error.message);
    throw error;
  }
}

async function dataOf(
  store: RecordedStore,
  tenant: string,
  request: RecordedRequest,
  { nowMs, keptMs }: RecordedClock,
): Promise<unknown> {
  const { parameters } = request;
  const one = (name: string): string => parameters.get(name)?.[0] ?? '';
  const oldestMs = nowMs - keptMs;
  switch (request.ask) {
    case 'query': {
      const atMs = timeParameter('time', one('time'), nowMs);
      const query = parsePromql(one('query'));
      return instantData(
        await evaluateRecorded(store, tenant, query, { startMs: atMs, endMs: atMs, stepMs: 0, oldestMs }),
      );
    }
    case 'query_range': {
      const query = parsePromql(one('query'));
      const startMs = timeParameter('start', one('start'), undefined);
      const endMs = timeParameter('end', one('end'), undefined);
      const stepMs = stepParameter(one('step'));
      if (endMs < startMs)
        throw new ParameterError('invalid parameter "end": end timestamp must not be before start time');
      if ((endMs - startMs) / stepMs > 11_000)
        throw new ParameterError(
          'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
        );
      return rangeData(await evaluateRecorded(store, tenant, query, { startMs, endMs, stepMs, oldestMs }));
    }
    case 'series': {
      const selectors = [...(parameters.get('match[]') ?? [])];
      if (selectors.length === 0) throw new ParameterError('no match[] parameter provided');
      const found = selected(namedSeries(await store.keptSeries(tenant)), selectors);
      return found.map(({ labels }) => labelsToRecord(labels));
    }
    case 'labels':
      return names(
        selected(namedSeries(await store.keptSeries(tenant)), parameters.get('match[]') ?? []),
        (pair) => pair[0],
      );
    case 'values': {
      const { label } = request;
      const found = selected(namedSeries(await store.keptSeries(tenant)), parameters.get('match[]') ?? []);
      return names(found, ([name, value]) => (name === label ? value : undefined));
    }
  }
}

function selected(all: readonly NamedSeries[], selectors: readonly string[]): readonly NamedSeries[] {
  if (selectors.length === 0) return all;
  const wanted = selectors.map((text) => compileMatchers(parseSeriesSelector(text)));
  return all.filter(({ labels }) => wanted.some((matchers) => matchesLabels(matchers, labels)));
}

/** Without doubles, sorted. */
const names = (
  series: readonly NamedSeries[],
  of: (pair: Labels[number]) => string | undefined,
): readonly string[] =>
  [...new Set(series.flatMap(({ labels }) => labels.flatMap((pair) => of(pair) ?? [])))].sort();

function instantData({ kind, series, timesMs }: RecordedAnswer): object {
  const [timeMs = 0] = timesMs;
  const point = ({ values }: StepSeries): readonly [number, string] => [
    timeMs / 1000,
    formatGoFloat(values[0] as number),
  ];
  const [first] = series;
  if (kind === 'scalar' && first !== undefined) return { resultType: 'scalar', result: point(first) };
  return {
    resultType: 'vector',
    result: series.map((one) => ({ metric: labelsToRecord(one.labels), value: point(one) })),
  };
}

function rangeData({ series, timesMs }: RecordedAnswer): object {
  return {
    resultType: 'matrix',
    result: series.map(({ labels, values, present }) => {
      const points: (readonly [number, string])[] = [];
      for (let k = 0; k < timesMs.length; k++)
        if (present[k] === 1)
          points.push([(timesMs[k] as number) / 1000, formatGoFloat(values[k] as number)]);
      return { metric: labelsToRecord(labels), values: points };
    }),
  };
}

/** Unix seconds or RFC 3339; Unix ms. */
function timeParameter(name: string, text: string, fallbackMs: number | undefined): number {
  if (text === '' && fallbackMs !== undefined) return fallbackMs;
  const ms = /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1000 : rfc3339Ms(text);
  if (!Number.isFinite(ms) || Math.abs(ms) > timeMsMax)
    throw new ParameterError(
      `invalid parameter "${name}": cannot parse ${JSON.stringify(text)} to a valid timestamp`,
    );
  return Math.round(ms);
}

/** Nanoseconds of it still fit into 64 bits. */
const timeMsMax = 9_000_000_000_000;

/** Seconds or a duration; ms. */
function stepParameter(text: string): number {
  const duration = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1000 : durationMs(text);
  if (!Number.isFinite(duration))
    throw new ParameterError(
      `invalid parameter "step": cannot parse ${JSON.stringify(text)} to a valid duration`,
    );
  if (duration < 1)
    throw new ParameterError(
      'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
    );
  return Math.round(duration);
}

function rfc3339Ms(text: string): number {
  const time = parseRfc3339(text);
  return time === undefined ? Number.NaN : time.seconds * 1000 + time.nanos / 1e6;
}

function durationMs(text: string): number {
  const duration = parsePrometheusDuration(text);
  return typeof duration === 'bigint' ? Number(duration) / 1e6 : Number.NaN;
}
