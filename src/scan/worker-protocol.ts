// The calls between the main thread and a query worker.

import { ParseError } from '../logql/parse-error.ts';
import type { Labels } from '../model/labels.ts';
import { RegexWorkError } from '../regex/work-limit.ts';
import type { DetectedField, IndexStats, PatternRow } from '../store/scan-results.ts';
import type { IndexRequest, PatternsTask, ScanPart } from '../store/scan-task.ts';
import { StoreUnavailableError, UnitGoneError } from '../store/store.ts';
import type { FieldSample } from './fields/detected-fields.ts';
import {
  QueryCancelledError,
  QueryEvaluationError,
  QueryLimitError,
  QueryTimeoutError,
} from './query-errors.ts';
import type { OnSnapshot, SharedPlan, WorkerTask } from './scan-executor.ts';

/** Offered by a worker. */
export interface QueryWorkerCalls {
  run(params: { readonly id: number; readonly task: WorkerTask }): ScanPart;
  help(params: { readonly task: WorkerTask; readonly plan: SharedPlan }): ScanPart;
  labelNames(params: OnSnapshot<IndexRequest>): readonly string[];
  labelValues(params: {
    readonly name: string;
    readonly request: OnSnapshot<IndexRequest>;
  }): readonly string[];
  series(params: OnSnapshot<IndexRequest>): readonly Labels[];
  stats(params: {
    readonly request: OnSnapshot<IndexRequest>;
    readonly control: SharedArrayBuffer;
  }): IndexStats;
  detectFields(params: FieldSample): readonly DetectedField[];
  detectedValues(params: ValuesOfField): readonly string[];
  patterns(params: {
    readonly request: OnSnapshot<PatternsTask>;
    readonly control: SharedArrayBuffer;
  }): readonly PatternRow[];
}

export interface ValuesOfField {
  readonly sample: FieldSample;
  readonly name: string;
  readonly valuesMax: number;
}

/** Offered by the main thread. */
export interface QueryMainCalls {
  /** Scan `id` of this worker is large: let others help. */
  share(params: { readonly id: number; readonly plan: SharedPlan }): void;
}

/** Errors that mean something to the main thread. */
export const sharedErrors = [
  QueryLimitError,
  QueryEvaluationError,
  QueryTimeoutError,
  QueryCancelledError,
  UnitGoneError,
  StoreUnavailableError,
  ParseError,
  RegexWorkError,
] as const;
