// How one worker works through the units of a scan, shared with the others by the control buffer.

import { humanizeBytes } from '../go/bytes.ts';
import { emptyLabels, type Labels } from '../model/labels.ts';
import { decodeMetadata } from '../model/structured-metadata.ts';
import { interruptible } from '../regex/work-limit.ts';
import type { ScanCounts } from '../store/scan-task.ts';
import type {
  Awaitable,
  EntryBatch,
  FoldedUnit,
  PlannedUnit,
  ScanCounters,
  ScanPlan,
  ScanRequest,
  ScanUnit,
  Snapshot,
  StoreReader,
  StoreView,
  UnitList,
} from '../store/store.ts';
import { QueryCancelledError, QueryLimitError, QueryTimeoutError } from './query-errors.ts';
import { type ScanControl, stopReasons } from './scan-control.ts';

/** What a kind of scan does with its units. Made for one worker and one scan. */
export interface UnitScanner<Part> {
  readonly request: ScanRequest;
  /** False: neither this unit nor any later one of the plan can matter. */
  needs(unit: PlannedUnit): boolean;
  scanUnit(unit: ScanUnit, scan: ScanSession): void;
  /** Entries that passed all stages so far. */
  readonly linesAfterFilter: number;
  finish(counts: ScanCounts): { part: Part; transfer: ArrayBuffer[] };
}

/** Reads for one scan in one worker: counts, and stops when told to. */
export class ScanSession {
  readonly control: ScanControl;
  readonly #reader: StoreReader;
  readonly #snapshot: Snapshot;
  readonly #scanBytesMax: number;
  readonly counters: ScanCounters = { bytes: 0, lines: 0, blocksRead: 0, blocksSkipped: 0 };
  metadataBytes = 0;
  /** Set by the worker that plans. */
  view: StoreView | undefined;
  #bytesTold = 0;

  constructor(
    reader: StoreReader,
    task: { readonly snapshot: Snapshot; readonly scanBytesMax: number },
    control: ScanControl,
  ) {
    this.control = control;
    this.#reader = reader;
    this.#snapshot = task.snapshot;
    this.#scanBytesMax = task.scanBytesMax;
  }

  /** Throws when the scan was stopped meanwhile, and UnitGoneError: see {@link StoreReader.plan}. */
  plan(request: ScanRequest, token?: unknown): Promise<ScanPlan> {
    return this.#whileWanted((signal) => this.#reader.plan(this.#snapshot, request, token, signal));
  }

  /** What scans of a planned unit take. Throws when the scan was stopped meanwhile. */
  ready(unit: PlannedUnit, request: ScanRequest): readonly ScanUnit[] | Promise<readonly ScanUnit[]> {
    return unit.stream === undefined ? this.#unfold(unit, request) : [unit];
  }

  #unfold(unit: FoldedUnit, request: ScanRequest): Promise<readonly ScanUnit[]> {
    return this.#whileWanted((signal) => {
      if (this.#reader.unfold === undefined) throw new Error('a reader that folds units must unfold them');
      return this.#reader.unfold(this.#snapshot, unit, request, signal);
    });
  }

  /** Other threads stop a scan by a word of shared memory, which has to be looked at. */
  async #whileWanted<T>(work: (signal: AbortSignal) => Awaitable<T>): Promise<T> {
    this.check();
    const stop = new AbortController();
    const working = work(stop.signal);
    if (!(working instanceof Promise)) return working;
    const timer = setInterval(() => {
      if (this.control.stopped !== stopReasons.none) stop.abort(stopError(this.control.stopped));
    }, stopPollMs);
    try {
      const result = await working;
      this.check();
      return result;
    } catch (error) {
      throw stop.signal.aborted ? stop.signal.reason : error;
    } finally {
      clearInterval(timer);
    }
  }

  /** Scans one unit. Throws when the scan was stopped or has read too much. */
  scan(unit: ScanUnit, request: ScanRequest, visit: (batch: EntryBatch) => boolean): void {
    this.check();
    this.#reader.scan(
      this.#snapshot,
      unit,
      request,
      (batch) => {
        this.check();
        return visit(batch);
      },
      this.counters,
    );
    this.check();
  }

  check(): void {
    const reason = this.control.stopped;
    if (reason !== stopReasons.none) throw stopError(reason);
    const { bytes } = this.counters;
    if (bytes === this.#bytesTold) return;
    const total = this.control.addBytes(bytes - this.#bytesTold);
    this.#bytesTold = bytes;
    if (this.#scanBytesMax > 0 && total > this.#scanBytesMax) throw scanLimitError(total, this.#scanBytesMax);
  }

  counts(linesAfterFilter: number): ScanCounts {
    return {
      ...this.counters,
      metadataBytes: this.metadataBytes,
      linesAfterFilter,
      view: this.view,
    };
  }
}

export function stopError(reason: number): Error {
  if (reason === stopReasons.timeout) return new QueryTimeoutError('query timed out');
  return new QueryCancelledError('the query was cancelled');
}

function scanLimitError(bytes: number, bytesMax: number): QueryLimitError {
  return new QueryLimitError(
    `the query would read too many bytes (query: ${humanizeBytes(bytes)}, limit: ${humanizeBytes(bytesMax)}); consider adding more specific stream selectors or reduce the time range of the query`,
  );
}

/** How soon what waits for a network sees that its scan was stopped. */
const stopPollMs = 50;
/** A slice of work before the worker looks at its other queries. */
const sliceMs = 8;

/**
 * Takes units until none is left; `take` gives the next one's index. Between slices it awaits `pause`, so that several
 * queries share a worker. Throws what the scanner throws; then all other workers of the scan have been told to stop.
 */
export async function runUnits<Part>(
  scanner: UnitScanner<Part>,
  units: UnitList,
  session: ScanSession,
  pause: () => Promise<void>,
  take: () => number = () => session.control.takeUnit(),
): Promise<void> {
  let sliceEnd = performance.now() + sliceMs;
  try {
    for (;;) {
      const unit = units.at(take());
      if (unit === undefined || !scanner.needs(unit)) break;
      const readying = session.ready(unit, scanner.request);
      const ready = readying instanceof Promise ? await readying : readying;
      for (const one of ready) {
        // What came before in a folded unit may have settled the rest.
        if (one !== unit && !scanner.needs(one)) continue;
        interruptible(
          () => session.check(),
          () => scanner.scanUnit(one, session),
        );
      }
      if (performance.now() < sliceEnd) continue;
      await pause();
      sliceEnd = performance.now() + sliceMs;
    }
    session.check();
  } catch (error) {
    session.control.stop(stopReasons.failed);
    throw error;
  }
}

/** Decodes structured metadata, once for a run of entries with equal bytes. */
export class MetadataCache {
  #labels: Labels = emptyLabels;
  #bytes = new Uint8Array(0);

  decode(bytes: Uint8Array, start: number, end: number): Labels {
    if (start === end) return emptyLabels;
    const length = end - start;
    if (length === this.#bytes.length && sameBytes(this.#bytes, bytes, start)) return this.#labels;
    this.#labels = decodeMetadata(bytes, start, end);
    // A copy even of a Buffer, whose own slice would be a view of memory that is used again.
    this.#bytes = Uint8Array.prototype.slice.call(bytes, start, end);
    return this.#labels;
  }
}

function sameBytes(held: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < held.length; i++) if (held[i] !== bytes[start + i]) return false;
  return true;
}
