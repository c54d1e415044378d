// What queries ask of a store and what comes back, in parts that can be merged. Plain data, structured-cloneable.

import type { Grouping, LogQuery, Matcher, RangeAggregation } from '../logql/ast.ts';
import type { Labels } from '../model/labels.ts';
import type { TimeRange } from '../model/time.ts';
import type { StoreView } from './store.ts';

interface TaskBase {
  readonly tenant: string;
  /** Raw bytes the scan may read; 0 = no bound. */
  readonly scanBytesMax: number;
}

/** The newest (backward) or oldest (forward) `limit` entries of a range. */
export interface LogTask extends TaskBase, TimeRange {
  readonly kind: 'logs';
  readonly query: LogQuery;
  readonly limit: number;
  readonly direction: 'forward' | 'backward';
  readonly categorizeLabels: boolean;
}

/** Times with afterNs < t ≤ untilNs, as windows have them. */
export interface TimeSpan {
  readonly afterNs: bigint;
  readonly untilNs: bigint;
}

/** Evaluation times `startNs + k · stepNs`, k = 0 … count − 1. An instant query has one and stepNs 0n. */
export interface Steps {
  readonly startNs: bigint;
  readonly stepNs: bigint;
  readonly count: number;
}

/** A leaf of a metric query: a range aggregation, which is one scan of the store. */
export interface Leaf {
  readonly aggregation: RangeAggregation;
  /** Labels samples are grouped by while they are extracted; undefined keeps all. */
  readonly grouping: Grouping | undefined;
}

/** One range aggregation. */
export interface RangeTask extends TaskBase {
  readonly kind: 'range';
  readonly leaf: Leaf;
  readonly steps: Steps;
  /** Only entries of these times; default: all that lie in a window. */
  readonly span?: TimeSpan;
  /** See WindowGrid. */
  readonly cutNs?: bigint;
  /** Answer from block statistics where they are exact; tests switch it off. */
  readonly useStatistics: boolean;
}

/** Bytes by labels and bucket. */
export interface VolumeTask extends TaskBase, TimeRange {
  readonly kind: 'volume';
  readonly matchers: readonly Matcher[];
  /** Length of a bucket; 0n: one for the whole range. */
  readonly stepNs: bigint;
  /** Labels that tell rows apart; none: all. */
  readonly by: readonly string[];
  /** 'labels': a row for each label name, its value empty. */
  readonly aggregateBy: 'series' | 'labels';
}

/** Streams of a selector in a range of time. */
export interface IndexRequest {
  readonly tenant: string;
  readonly matchers: readonly Matcher[];
  readonly range: TimeRange;
}

export interface PatternsTask extends IndexRequest {
  readonly stepSeconds: number;
}

export type ScanTask = LogTask | RangeTask | VolumeTask;

export interface ScanCounts {
  readonly bytes: number;
  readonly lines: number;
  readonly metadataBytes: number;
  readonly linesAfterFilter: number;
  readonly blocksRead: number;
  readonly blocksSkipped: number;
  readonly blocksDamaged?: number;
  /** Of the worker that planned. */
  readonly view: StoreView | undefined;
}

/**
 * Entries of one worker in the scan's order, rendered: row i is `bytes[rowEnds[i − 1], rowEnds[i])` and belongs to
 * the result stream `group[i]`.
 */
export interface LogPart {
  readonly kind: 'logs';
  readonly seconds: Float64Array;
  readonly nanos: Uint32Array;
  /** Of the stored streams' labels, to order equal times: see labelsOrder. */
  readonly streamOrder: Float64Array;
  readonly group: Uint32Array;
  /** Labels of the result streams as text (their order in the answer) and as a JSON object. */
  readonly groupTexts: readonly string[];
  readonly groupJson: readonly string[];
  readonly rowEnds: Float64Array;
  readonly bytes: Uint8Array;
  readonly counts: ScanCounts;
  readonly memoryBytes: number;
}

/** Cells of several series, one after the other. */
export interface CellsPart {
  readonly keys: readonly string[];
  readonly labels: readonly Labels[];
  readonly lo: Int32Array;
  readonly length: Int32Array;
  readonly cells: Float64Array;
  /** All values that were added, without their signs; infinite when one of them is not whole. */
  readonly magnitude: number;
}

/** Cells as they cross threads: see range-cell.ts for what is in them. */
export interface SeriesTablePart extends CellsPart {
  /** For list: samples of series i are [sampleEnds[i − 1], sampleEnds[i]). */
  readonly sampleEnds: Float64Array;
  readonly sampleTimes: Float64Array;
  readonly sampleValues: Float64Array;
}

export interface RangePart {
  readonly kind: 'range';
  readonly table: SeriesTablePart;
  readonly counts: ScanCounts;
  /** What the part takes, still counted as the query's: whoever is done with the part takes it off. */
  readonly memoryBytes: number;
}

export interface VolumePart {
  readonly kind: 'volume';
  readonly groups: readonly {
    readonly labels: Labels;
    /** Bucket k is (k − 1)·step < time ≤ k·step; without a step there is only bucket 0. */
    readonly buckets: Float64Array;
    readonly bytes: Float64Array;
  }[];
  readonly counts: ScanCounts;
  readonly memoryBytes: number;
}

export type ScanPart = LogPart | RangePart | VolumePart;
