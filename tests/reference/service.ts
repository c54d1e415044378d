// The reference evaluator in the place of the engine.

import { alignRange, stepsOf, stepTimesMs } from '../../src/engine/metrics/align.ts';
import type {
  LogRequest,
  LogResult,
  MetricRequest,
  MetricResult,
  QueryContext,
  QueryService,
  QueryStatistics,
  Series,
} from '../../src/engine/run/query-service.ts';
import { QueryEvaluationError } from '../../src/scan/query-errors.ts';
import { type LogRow, logRows, type PushedStream } from './logs.ts';
import { evaluator, NoAnswer, type Point } from './metrics.ts';

/** Loki's default for instant queries. */
const splitInstantNs = 3_600_000_000_000n;

const statistics: QueryStatistics = {
  bytesProcessed: 0,
  linesProcessed: 0,
  structuredMetadataBytesProcessed: 0,
  linesAfterFilter: 0,
  entriesReturned: 0,
  blocksRead: 0,
  blocksSkipped: 0,
  queueMs: 0,
  executionMs: 0,
};

type LabelRecord = Readonly<Record<string, string>>;
const sortedKey = (labels: LabelRecord): string => JSON.stringify(Object.entries(labels).sort());

/** Answers log and metric queries over all entries of all streams. */
export function referenceService(streams: readonly PushedStream[]): Pick<QueryService, 'logs' | 'metrics'> {
  return {
    logs: async (request) => logAnswer(request, streams),
    metrics: async (request, context) => metricAnswer(request, streams, context),
  };
}

function logAnswer(request: LogRequest, streams: readonly PushedStream[]): LogResult {
  const everything = { ...request, limit: Number.MAX_SAFE_INTEGER };
  const rows = spaced(logRows(request.query, streams, everything), request).slice(0, request.limit);
  const groups = new Map<string, { stream: LabelRecord; values: unknown[] }>();
  for (const { ns, line, stream, metadata, parsed } of rows) {
    const shown = request.categorizeLabels ? stream : { ...stream, ...metadata, ...parsed };
    const group = groups.get(sortedKey(shown)) ?? { stream: shown, values: [] };
    groups.set(sortedKey(shown), group);
    const third = {
      ...(Object.keys(metadata).length > 0 && { structuredMetadata: metadata }),
      ...(Object.keys(parsed).length > 0 && { parsed }),
    };
    group.values.push(request.categorizeLabels ? [String(ns), line, third] : [String(ns), line]);
  }
  return { resultJson: Buffer.from(JSON.stringify([...groups.values()])), statistics, warnings: [] };
}

/** `interval`: of each stream of the answer, entries that are at least so far apart. */
function spaced(rows: readonly LogRow[], { intervalNs }: LogRequest): readonly LogRow[] {
  const last = new Map<string, bigint>();
  return rows.filter(({ ns, stream, metadata, parsed }) => {
    const key = sortedKey({ ...stream, ...metadata, ...parsed });
    const before = last.get(key);
    const gap = before === undefined ? intervalNs : ns > before ? ns - before : before - ns;
    if (gap < intervalNs) return false;
    last.set(key, ns);
    return true;
  });
}

function metricAnswer(
  { query, startNs, endNs, stepNs }: MetricRequest,
  streams: readonly PushedStream[],
  context: QueryContext,
): MetricResult {
  const steps = stepsOf(alignRange({ startNs, endNs }, stepNs), stepNs);
  const times = stepTimesMs(steps);
  const points: { ms: number; point: Point }[] = [];
  const split = stepNs === 0n ? (context.splitInstantNs ?? splitInstantNs) : 0n;
  const valueAt = evaluator(query, streams, split);
  try {
    for (const [k, ms] of times.entries()) {
      const value = valueAt(steps.startNs + BigInt(k) * stepNs);
      if (typeof value === 'number') {
        if (stepNs === 0n) return { kind: 'scalar', timeMs: ms, value, statistics, warnings: [] };
        points.push({ ms, point: { labels: {}, value } });
      } else points.push(...value.map((point) => ({ ms, point })));
    }
  } catch (error) {
    if (error instanceof NoAnswer) throw new QueryEvaluationError(error.message);
    throw error;
  }
  const series = new Map<string, { labels: LabelRecord; times: number[]; values: number[] }>();
  for (const { ms, point } of points) {
    const key = sortedKey(point.labels);
    const one = series.get(key) ?? { labels: point.labels, times: [], values: [] };
    series.set(key, one);
    one.times.push(ms);
    one.values.push(point.value);
  }
  const rows = [...series.values()].map(
    ({ labels, times: timesMs, values }): Series => ({
      labels: Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)),
      timesMs: new Float64Array(timesMs),
      values: new Float64Array(values),
    }),
  );
  return { kind: stepNs === 0n ? 'vector' : 'matrix', series: rows, statistics, warnings: [] };
}
