// One worker's part of a log query: the first `limit` entries in the query's direction, over all its units.
import { emptyLabels } from '../../model/labels.ts';
import { labelsOrder } from '../../model/labels-order.ts';
import { joinNs, splitNs } from '../../model/time.ts';
import { compileLogPipeline } from '../../pipeline/log-pipeline.ts';
import type { LogPipeline, PipelineInput, StreamPipeline } from '../../pipeline/pipeline.ts';
import { hoistLineFilters } from '../../pipeline/stages/line-filter.ts';
import type { LogPart, LogTask, ScanCounts } from '../../store/scan-task.ts';
import type { EntryBatch, PlannedUnit, ScanRequest, ScanUnit, UnitList } from '../../store/store.ts';
import type { MemoryShare } from '../query-memory.ts';
import type { ScanControl } from '../scan-control.ts';
import { MetadataCache, type ScanSession, type UnitScanner } from '../scan-unit-loop.ts';
import { EntryHeap, entryBytes } from './entry-heap.ts';
import { renderEntries } from './log-render.ts';
import { keepsEntries, likelyBoundNs } from './newest-first-guess.ts';

const nsPerSecond = 1e9;
/** The heap is counted anew when it seems to have doubled, and at least so much more is held. */
const recountBytesMin = 1024 * 1024;

export class LogScanner implements UnitScanner<LogPart> {
  readonly request: ScanRequest;
  readonly #task: LogTask;
  readonly #pipeline: LogPipeline;
  #heap: EntryHeap;
  readonly #backward: boolean;
  readonly #metadata = new MetadataCache();
  readonly #input: PipelineInput = {
    timestampNs: 0n,
    bytes: Buffer.alloc(0),
    lineStart: 0,
    lineEnd: 0,
    structuredMetadata: emptyLabels,
    level: 0,
  };
  #control: ScanControl | undefined;
  readonly #memory: MemoryShare;
  /** Held after the last count of what is in the heap: lines that fell out since are still counted. */
  #countedBytes = 0;
  /** Progress (see ScanControl) up to which the first look goes. */
  #lookBound: bigint | undefined;
  linesAfterFilter = 0;

  constructor(task: LogTask, memory: MemoryShare) {
    const { lineFilters, rest } = hoistLineFilters(task.query.stages);
    this.#task = task;
    this.#memory = memory;
    this.#pipeline = compileLogPipeline(rest);
    this.#heap = new EntryHeap(task.limit, task.direction);
    this.#backward = task.direction === 'backward';
    this.request = {
      tenant: task.tenant,
      matchers: task.query.matchers,
      startNs: task.startNs,
      endNs: task.endNs,
      direction: task.direction,
      lineFilters,
      needLines: true,
      needMetadata: true,
    };
  }

  needs(unit: PlannedUnit): boolean {
    return this.#task.limit > 0 && !this.#beyond(this.#backward ? unit.lastNs : unit.firstNs);
  }

  /**
   * Narrows the scan to times that are likely to hold all that is wanted; false: there is nothing to go by. To be ended
   * by {@link endLook}.
   */
  beginLook(units: UnitList): boolean {
    if (this.#task.limit <= 0 || !keepsEntries(this.#task.query)) return false;
    const boundNs = likelyBoundNs(units, this.#task);
    if (boundNs === undefined) return false;
    this.#lookBound = this.#backward ? boundNs : -boundNs;
    return true;
  }

  /** True: what was scanned since holds the answer. Else it is forgotten. */
  endLook(): boolean {
    this.#lookBound = undefined;
    if (this.#heap.worst !== undefined) return true;
    this.#heap = new EntryHeap(this.#task.limit, this.#task.direction);
    this.#memory.grow(-this.#memory.bytes);
    this.#countedBytes = 0;
    this.linesAfterFilter = 0;
    return false;
  }

  scanUnit(unit: ScanUnit, session: ScanSession): void {
    this.#control = session.control;
    // Most units of a search have nothing to show.
    let stream: UnitEntries | undefined;
    session.scan(unit, this.#requestLeft(), (batch) => {
      stream ??= new UnitEntries(unit, this.#pipeline.forStream(unit.stream.labels));
      return this.#visit(batch, stream, session);
    });
  }

  finish(counts: ScanCounts): { part: LogPart; transfer: ArrayBuffer[] } {
    const entries = this.#heap.sorted();
    const { part, transfer } = renderEntries(entries, this.#task.categorizeLabels, counts);
    this.#memory.grow(part.memoryBytes);
    return { part, transfer };
  }

  /** Strictly: an entry at the bound itself may still win a tie. */
  #beyond(timestampNs: bigint): boolean {
    const bound = this.#bound();
    return bound !== undefined && (this.#backward ? timestampNs : -timestampNs) < bound;
  }

  /** Progress (see ScanControl) of the entry that the next must beat; undefined while any entry will do. */
  #bound(): bigint | undefined {
    const watermark = this.#control?.watermark;
    const look = this.#lookBound;
    const shared = watermark === undefined || (look !== undefined && look > watermark) ? look : watermark;
    const worst = this.#heap.worst;
    if (worst === undefined) return shared;
    const time = joinNs(worst.seconds, worst.nanos);
    const own = this.#backward ? time : -time;
    return shared === undefined || shared < own ? own : shared;
  }

  /** The request without times that no longer matter. */
  #requestLeft(): ScanRequest {
    const { request } = this;
    const bound = this.#bound();
    if (bound === undefined) return request;
    if (this.#backward) return bound > request.startNs ? { ...request, startNs: bound } : request;
    return 1n - bound < request.endNs ? { ...request, endNs: 1n - bound } : request;
  }

  /** Entries in the query's direction, so that the unit is left as soon as no entry of it can matter. */
  #visit(batch: EntryBatch, stream: UnitEntries, session: ScanSession): boolean {
    const { selected, selectedCount, offsetsNs } = batch;
    const base = splitNs(batch.baseNs);
    const input = this.#input;
    input.bytes = batch.bytes;
    for (let s = 0; s < selectedCount; s++) {
      const i = selected[this.#backward ? selectedCount - 1 - s : s] as number;
      const rest = base.nanos + (offsetsNs[i] as number);
      const carry = Math.floor(rest / nsPerSecond);
      const seconds = base.seconds + carry;
      const nanos = rest - carry * nsPerSecond;
      const worst = this.#heap.worst;
      if (worst) {
        const ahead = seconds - worst.seconds || nanos - worst.nanos;
        if (this.#backward ? ahead < 0 : ahead > 0) return false;
      }
      input.timestampNs = batch.baseNs + BigInt(offsetsNs[i] as number);
      input.lineStart = batch.lineStarts[i] as number;
      input.lineEnd = batch.lineEnds[i] as number;
      input.level = batch.level[i] as number;
      const start = batch.metadataStarts[i] as number;
      const end = batch.metadataEnds[i] as number;
      session.metadataBytes += end - start;
      input.structuredMetadata = this.#metadata.decode(batch.metadataBytes, start, end);
      const output = stream.pipeline.process(input);
      if (output === undefined) continue;
      this.linesAfterFilter++;
      if (stream.repeats(seconds, nanos, output.labels.key, output.line)) continue;
      this.#hold(entryBytes(output.line));
      this.#heap.push({
        seconds,
        nanos,
        streamOrder: stream.order,
        sequence: stream.sequence++,
        line: output.line,
        labels: output.labels,
      });
    }
    this.#tellWatermark(session);
    return true;
  }

  #tellWatermark(session: ScanSession): void {
    const worst = this.#heap.worst;
    if (worst === undefined) return;
    const time = joinNs(worst.seconds, worst.nanos);
    session.control.raiseWatermark(this.#backward ? time : -time);
  }

  #hold(bytes: number): void {
    const fits = this.#memory.tryGrow(bytes);
    if (fits && this.#memory.bytes < 2 * this.#countedBytes + recountBytesMin) return;
    // Mostly entries that have long been displaced: look again before giving up.
    this.#countedBytes = this.#heap.bytes();
    this.#memory.grow(this.#countedBytes - this.#memory.bytes);
  }
}

/** State of one unit's stream. */
class UnitEntries {
  readonly pipeline: StreamPipeline;
  /** Among streams with entries of the same time. */
  readonly order: number;
  sequence = 0;
  #seconds = Number.NaN;
  #nanos = 0;
  /** Labels and line of the first entry of the current time; the set is filled only when a second one comes. */
  #firstKey = '';
  #firstLine = '';
  readonly #seen = new Set<string>();

  constructor(unit: ScanUnit, pipeline: StreamPipeline) {
    this.pipeline = pipeline;
    this.order = labelsOrder(unit.stream.labels);
  }

  /**
   * True when stages have made the entry equal to an earlier one of the same time: Loki gives equal entries of a
   * stream once, also when they were stored as different ones.
   */
  repeats(seconds: number, nanos: number, labelsKey: string, line: string): boolean {
    if (seconds !== this.#seconds || nanos !== this.#nanos) {
      this.#seconds = seconds;
      this.#nanos = nanos;
      this.#seen.clear();
      this.#firstKey = labelsKey;
      this.#firstLine = line;
      return false;
    }
    if (this.#seen.size === 0) this.#seen.add(entryKey(this.#firstKey, this.#firstLine));
    const key = entryKey(labelsKey, line);
    if (this.#seen.has(key)) return true;
    this.#seen.add(key);
    return false;
  }
}

const entryKey = (labelsKey: string, line: string): string => `${labelsKey.length}:${labelsKey}${line}`;
