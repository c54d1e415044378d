// Scans for queries as the main thread asks for them: tasks go in, parts that can be merged come out. Nothing here says
// where the data is: in threads of this process, or beyond a network.
import type { Labels } from '../model/labels.ts';
import type { IndexStats, PatternRow } from './scan-results.ts';
import type { IndexRequest, PatternsTask, ScanPart, ScanTask } from './scan-task.ts';

/** Threads that scan, for metrics. */
export interface ScanLoad {
  /** 0 while nothing is asked. */
  readonly threads: number;
  /** Threads with unfinished calls. A query that was stopped counts until its threads have noticed. */
  readonly busy: number;
}

/** What one query may hold in all its parts together: whoever makes a part counts it here. */
export interface ByteBudget {
  readonly bytesMax: number;
  /** Adds whole bytes, or takes them off. False: more is held now than may be. */
  add(bytes: number): boolean;
}

/** What all scans of one query have in common. */
export interface ScanBounds {
  /** When it fires the work stops, and its promise rejects with some error. */
  readonly signal: AbortSignal;
  /** Made by the service's own `budget`. */
  readonly memory: ByteBudget;
}

/**
 * Every answer holds all that was acknowledged before it was asked for, and each entry once, whatever is moved meanwhile.
 * Rejects with QueryLimitError, QueryEvaluationError, ParseError and RegexWorkError for what the query is to blame for.
 */
export interface ScanService {
  readonly load: ScanLoad;
  /** Why queries cannot be answered now; undefined when all is well. */
  readonly problem: string | undefined;
  /** For a query, of which the service counts what its parts hold before they come back. */
  budget(bytesMax: number): ByteBudget;
  /**
   * No entry is in two parts. A part's `memoryBytes` stay counted in the query's memory: whoever is done with the part
   * takes them off.
   */
  scan(task: ScanTask, bounds: ScanBounds): Promise<readonly ScanPart[]>;
  labelNames(request: IndexRequest): Promise<readonly string[]>;
  labelValues(name: string, request: IndexRequest): Promise<readonly string[]>;
  /** Labels of the streams. */
  series(request: IndexRequest): Promise<readonly Labels[]>;
  stats(request: IndexRequest, signal: AbortSignal): Promise<IndexStats>;
  patterns(task: PatternsTask, signal: AbortSignal): Promise<readonly PatternRow[]>;
  close(): Promise<void>;
}
