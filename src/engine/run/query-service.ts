// What HTTP, the ruler and the command line ask of the engine. Runs on the main thread: parses, plans,
// hands units to query workers and merges. Every call takes an AbortSignal; when it fires the workers stop.

import type { LogQuery, MetricExpr } from '../../logql/ast.ts';
import type { Labels } from '../../model/labels.ts';
import type { TimeRange } from '../../model/time.ts';
import type { DetectedField, IndexStats, PatternRow } from '../../store/scan-results.ts';
import type { SharedRanges } from '../metrics/shared-ranges.ts';

export interface QueryLimits {
  /** Wall time of one query. */
  readonly timeoutMs: number;
  /** Raw bytes one query may scan; 0 = no bound. */
  readonly scanBytesMax: number;
  readonly seriesMax: number;
  /** Bytes a query's result and intermediate state may take. */
  readonly memoryBytesMax: number;
}

export interface QueryContext {
  readonly tenant: string;
  readonly limits: QueryLimits;
  readonly signal: AbortSignal;
  /** True: too many series give a partial answer with a warning instead of an error. */
  readonly partialOnSeriesLimit: boolean;
  /** True: nothing kept from earlier queries is used (`Cache-Control: no-cache`). */
  readonly ignoreCache?: boolean;
  /** Waits for its turn under this name instead of the tenant's. */
  readonly turns?: string;
  /** The tenant's split_instant_metric_queries_by_interval; 0n: exact answers. Default: the engine's. */
  readonly splitInstantNs?: bigint;
  /** An instant query that is asked again so much later, and again: of its ranges only what is new is scanned. */
  readonly repeatedNs?: bigint;
  /** Given to queries of the same tenant, limits and time: what one of them has scanned serves the others. */
  readonly shared?: SharedRanges;
}

export interface LogRequest extends TimeRange {
  readonly query: LogQuery;
  readonly limit: number;
  readonly direction: 'forward' | 'backward';
  /** 0n = off. */
  readonly intervalNs: bigint;
  /** Entries as triples with categorised labels instead of pairs with merged labels. */
  readonly categorizeLabels: boolean;
}

export interface MetricRequest extends TimeRange {
  readonly query: MetricExpr;
  /** Instant queries: startNs = endNs and stepNs = 0n. Range queries come aligned by the caller's rules. */
  readonly stepNs: bigint;
}

/** Numbers behind the `stats` object of a response. */
export interface QueryStatistics {
  readonly bytesProcessed: number;
  readonly linesProcessed: number;
  readonly structuredMetadataBytesProcessed: number;
  readonly linesAfterFilter: number;
  readonly entriesReturned: number;
  readonly blocksRead: number;
  readonly blocksSkipped: number;
  readonly queueMs: number;
  readonly executionMs: number;
}

export interface LogResult {
  /** The JSON array of `data.result`, rendered in the workers: streams sorted by label string. */
  readonly resultJson: Uint8Array;
  readonly statistics: QueryStatistics;
  readonly warnings: readonly string[];
}

/** Points of one series; `values[i]` belongs to `timesMs[i]`. */
export interface Series {
  readonly labels: Labels;
  /** Unix milliseconds. */
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
}

export type MetricResult =
  | {
      readonly kind: 'scalar';
      readonly timeMs: number;
      readonly value: number;
      readonly statistics: QueryStatistics;
      readonly warnings: readonly string[];
    }
  | {
      readonly kind: 'vector' | 'matrix';
      /** Sorted by labels, but in value order under sort/sort_desc (instant only). */
      readonly series: readonly Series[];
      readonly statistics: QueryStatistics;
      readonly warnings: readonly string[];
    };

export interface VolumeRequest extends TimeRange {
  readonly selector: LogQuery;
  /** Length of a bucket; 0n: one bucket for the whole range. */
  readonly stepNs: bigint;
  /** Labels that tell rows apart; none: all labels of a stream. */
  readonly by: readonly string[];
  /** 'labels': a row for each of these label names, its value empty. */
  readonly aggregateBy: 'series' | 'labels';
  /** Rows kept, the largest ones. */
  readonly limit: number;
}

export interface VolumeResult {
  /**
   * Bytes of lines and structured metadata; the largest row first. A point is at the end of its bucket, which
   * holds start < time ≤ end and is aligned to the epoch; without a step at the end of the range.
   */
  readonly series: readonly Series[];
  readonly statistics: QueryStatistics;
  readonly warnings: readonly string[];
}

export interface FieldsRequest extends TimeRange {
  readonly query: LogQuery;
  /** Newest lines looked at. */
  readonly lineLimit: number;
  /** Fields, or values of a field, in the answer. */
  readonly limit: number;
}

export interface PatternsRequest extends TimeRange {
  readonly selector: LogQuery;
  readonly stepSeconds: number;
}

export interface QueryService {
  logs(request: LogRequest, context: QueryContext): Promise<LogResult>;
  metrics(request: MetricRequest, context: QueryContext): Promise<MetricResult>;
  labelNames(
    selector: LogQuery | undefined,
    range: TimeRange,
    context: QueryContext,
  ): Promise<readonly string[]>;
  labelValues(
    name: string,
    selector: LogQuery | undefined,
    range: TimeRange,
    context: QueryContext,
  ): Promise<readonly string[]>;
  /** Streams matching any of the selectors (none: all), without doubles. */
  series(selectors: readonly LogQuery[], range: TimeRange, context: QueryContext): Promise<readonly Labels[]>;
  stats(selector: LogQuery, range: TimeRange, context: QueryContext): Promise<IndexStats>;
  volume(request: VolumeRequest, context: QueryContext): Promise<VolumeResult>;
  /** Sorted by label. */
  detectedFields(request: FieldsRequest, context: QueryContext): Promise<readonly DetectedField[]>;
  /** Distinct values of one field, in no order. */
  detectedFieldValues(
    name: string,
    request: FieldsRequest,
    context: QueryContext,
  ): Promise<readonly string[]>;
  /** By number of lines, descending. */
  patterns(request: PatternsRequest, context: QueryContext): Promise<readonly PatternRow[]>;
  close(): Promise<void>;
}
