// Bodies of query answers. The order of the keys is part of the contract: Grafana's streaming parser needs
// resultType, encodingFlags, result, stats.
import type { LogResult, MetricResult, QueryStatistics, Series } from '../../engine/run/query-service.ts';
import { formatGoFloat } from '../../go/number.ts';
import { type Labels, labelsToRecord } from '../../model/labels.ts';
import { statsObject } from './encode-stats.ts';

/** Text is handed on in pieces of about this many characters. */
const pieceCharacters = 64 * 1024;

/** A log query's answer: `resultJson` stays as the workers rendered it. */
export function* encodeLogResult(
  result: LogResult,
  encodingFlags: readonly string[],
): Generator<string | Uint8Array> {
  const flags = encodingFlags.length > 0 ? `"encodingFlags":${JSON.stringify(encodingFlags)},` : '';
  yield `{"status":"success","data":{"resultType":"streams",${flags}"result":`;
  yield result.resultJson;
  yield `,${statsAndEnd(result.statistics, result.warnings)}`;
}

/** A metric query's answer: scalar, vector or matrix. */
export function* encodeMetricResult(result: MetricResult): Generator<string> {
  yield `{"status":"success","data":{"resultType":"${result.kind}","result":`;
  if (result.kind === 'scalar') {
    yield `[${sampleTime(result.timeMs)},"${formatGoFloat(result.value)}"]`;
  } else {
    yield* pieces(result.kind === 'vector' ? vectorParts(result.series) : matrixParts(result.series));
  }
  yield `,${statsAndEnd(result.statistics, result.warnings)}`;
}

/** Seconds with at most three decimals and no zeros at the end. */
export function sampleTime(timeMs: number): string {
  return String(timeMs / 1000);
}

const metricJson = (labels: Labels): string => JSON.stringify(labelsToRecord(labels));

function* vectorParts(series: readonly Series[]): Generator<string> {
  let separator = '[';
  for (const { labels, timesMs, values } of series) {
    const sample = `[${sampleTime(timesMs[0] as number)},"${formatGoFloat(values[0] as number)}"]`;
    yield `${separator}{"metric":${metricJson(labels)},"value":${sample}}`;
    separator = ',';
  }
  yield separator === '[' ? '[]' : ']';
}

function* matrixParts(series: readonly Series[]): Generator<string> {
  let separator = '[';
  for (const { labels, timesMs, values } of series) {
    yield `${separator}{"metric":${metricJson(labels)},"values":[`;
    for (let i = 0; i < timesMs.length; i++)
      yield `${i === 0 ? '' : ','}[${sampleTime(timesMs[i] as number)},"${formatGoFloat(values[i] as number)}"]`;
    yield ']}';
    separator = ',';
  }
  yield separator === '[' ? '[]' : ']';
}

/** Joins small parts into larger ones. */
function* pieces(parts: Iterable<string>): Generator<string> {
  let piece = '';
  for (const part of parts) {
    piece += part;
    if (piece.length < pieceCharacters) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

function statsAndEnd(statistics: QueryStatistics, warnings: readonly string[]): string {
  const end = warnings.length === 0 ? '' : `,"warnings":${JSON.stringify(warnings)}`;
  return `"stats":${JSON.stringify(statsObject(statistics))}}${end}}`;
}
