// One worker's part of a range aggregation: entries → samples → cells.
import { LRUCache } from 'lru-cache';
import { rangeOperations } from '../../logql/operations/range-operations.ts';
import { syntaxOf } from '../../logql/stages.ts';
import { emptyLabels, labelValue } from '../../model/labels.ts';
import { labelsOrder } from '../../model/labels-order.ts';
import type { PipelineInput, SamplePipeline, SampleStream } from '../../pipeline/pipeline.ts';
import { compileSamplePipeline } from '../../pipeline/sample-pipeline.ts';
import { hoistLineFilters } from '../../pipeline/stages/line-filter.ts';
import type { RangePart, RangeTask, ScanCounts } from '../../store/scan-task.ts';
import {
  coarseMinutes,
  type EntryBatch,
  type ScanRequest,
  type ScanUnit,
  type UnitStatistics,
  type UnitSums,
  type WantedSums,
} from '../../store/store.ts';
import type { MemoryShare } from '../query-memory.ts';
import { MetadataCache, type ScanSession, type UnitScanner } from '../scan-unit-loop.ts';
import { LevelSamples } from './level-samples.ts';
import { pipelineError } from './metric-errors.ts';
import { MinuteSlots, minuteFilter, minutesRequest } from './minute-slots.ts';
import { cellKindOf } from './range-cell.ts';
import { type SeriesCells, SeriesTable } from './series-table.ts';
import { manySlots, noSlot, WindowGrid } from './window-grid.ts';

const noBytes = Buffer.alloc(0);
const noMinutes: ReadonlySet<number> = new Set();
/** Streams whose stages are kept ready for their next unit, up to 5 KB each. */
const streamsHeld = 1024;
/** Times in a span of this are told apart to the nanosecond. */
const exactSpanNsMax = 2 ** 52;
const coarseNs = BigInt(coarseMinutes) * 60_000_000_000n;

/** What scanning needs to be told by a range task: windows cover (t − range, t], scans are [start, end). */
function rangeScanRequest(task: RangeTask, grid: WindowGrid, pipeline: SamplePipeline): ScanRequest {
  const { aggregation } = task.leaf;
  const { afterNs, untilNs } = task.span ?? { afterNs: grid.startNs, untilNs: grid.endNs };
  const { lineFilters } = hoistLineFilters(aggregation.log.stages);
  return {
    tenant: task.tenant,
    matchers: aggregation.log.matchers,
    startNs: afterNs + 1n,
    endNs: untilNs + 1n,
    direction: 'any',
    lineFilters,
    // Line lengths come without lines.
    needLines: pipeline.needsLines && !pipeline.countsOnly,
    lineFields: pipeline.lineFields,
    needMetadata: pipeline.needsMetadata,
    ignoreStatistics: !task.useStatistics,
    coarseStatistics:
      pipeline.countsOnly && lineFilters.length === 0 && grid.hasEdgesAt(coarseNs)
        ? { edgesNs: task.cutNs === undefined ? [] : [task.cutNs] }
        : undefined,
  };
}

export class RangeScanner implements UnitScanner<RangePart> {
  readonly request: ScanRequest;
  /** One object for all units: readers keep what they compile by request. */
  readonly #countRequest: ScanRequest;
  readonly #pipeline: SamplePipeline;
  readonly #grid: WindowGrid;
  readonly #table: SeriesTable;
  readonly #firstNs: bigint;
  readonly #bytesCounted: boolean;
  readonly #groupedBy: readonly string[] | undefined;
  readonly #anyEntryCounts: boolean;
  /** The first or last sample is wanted: of equal times only one is. */
  readonly #tiesDecide: boolean;
  readonly #metadata = new MetadataCache();
  readonly #minuteSlots: MinuteSlots;
  /** A stream has many units. */
  readonly #streams = new LRUCache<number, StreamSamples>({ max: streamsHeld });
  readonly #input: PipelineInput = {
    timestampNs: 0n,
    bytes: noBytes,
    lineStart: 0,
    lineEnd: 0,
    structuredMetadata: emptyLabels,
    level: 0,
  };
  linesAfterFilter = 0;

  constructor(task: RangeTask, memory: MemoryShare) {
    const { aggregation, grouping } = task.leaf;
    const { rest } = hoistLineFilters(aggregation.log.stages);
    this.#pipeline = compileSamplePipeline(aggregation, { stages: rest, outerGrouping: grouping });
    this.#grid = new WindowGrid(task.steps, aggregation.rangeNs, aggregation.offsetNs, task.cutNs);
    const request = rangeScanRequest(task, this.#grid, this.#pipeline);
    // Without stages nothing but the stream tells samples apart that are grouped by its labels.
    const by =
      rest.length === 0 && this.#pipeline.countsOnly && grouping?.kind === 'by' ? grouping.labels : undefined;
    this.request = by === undefined ? request : { ...request, sums: this.#sumsBy(by) };
    this.#countRequest = { ...request, needMetadata: false };
    this.#table = new SeriesTable(cellKindOf(aggregation), this.#grid.slots, memory);
    this.#tiesDecide = this.#table.kind === 'first' || this.#table.kind === 'last';
    this.#minuteSlots = new MinuteSlots(this.#grid, this.request);
    this.#firstNs = task.steps.startNs - aggregation.offsetNs;
    const { entryWeight, tellsAbsence } = rangeOperations[aggregation.op];
    this.#bytesCounted = entryWeight === 'bytes';
    const labelsOnly = rest.every((stage) => !syntaxOf(stage).readsLine && !syntaxOf(stage).dropsEntries);
    this.#groupedBy = labelsOnly && grouping?.kind === 'by' ? grouping.labels : undefined;
    this.#anyEntryCounts = labelsOnly && tellsAbsence;
  }

  needs(): boolean {
    return true;
  }

  scanUnit(unit: ScanUnit, session: ScanSession): void {
    const { stream, byLevel } = this.#samplesOf(unit);
    if (unit.sums !== undefined) {
      this.#addSums(unit.firstNs, unit.sums, byLevel);
      return;
    }
    // Only the level tells samples of such a unit apart: no need to ask the pipeline for each.
    const metadataMatters = this.#pipeline.needsMetadata && !this.#groupedByStream(unit);
    if (!this.#pipeline.countsOnly) {
      this.#scanEntries(unit, session, { stream }, this.request, undefined);
      return;
    }
    const statistics = this.request.lineFilters.length === 0 ? unit.statistics : undefined;
    const left = statistics && this.#addStatistics(statistics, metadataMatters, byLevel);
    if (left?.size === 0) return;
    const whole = metadataMatters ? this.request : this.#countRequest;
    const request = left ? minutesRequest(whole, left) : whole;
    if (metadataMatters) this.#scanEntries(unit, session, { stream, byLevel }, request, left);
    else this.#countEntries(unit, session, byLevel, request, left);
  }

  #sumsBy(labels: readonly string[]): WantedSums {
    return {
      ofStream: (own) => labels.every((name) => labelValue(own, name) !== undefined),
      isOne: (firstNs, lastNs) => {
        const spanNs = Number(lastNs - firstNs);
        if (spanNs > exactSpanNsMax) return false;
        this.#grid.setBase(firstNs);
        const slot = this.#grid.slotAt(0);
        return slot >= 0 && slot === this.#grid.slotAt(spanNs);
      },
    };
  }

  #addSums(firstNs: bigint, { entries, lineBytes }: UnitSums, byLevel: LevelSamples): void {
    const series = byLevel.series(0);
    if (series === undefined) return;
    this.#grid.setBase(firstNs);
    this.linesAfterFilter += entries;
    this.#table.addCounts(series, this.#grid.slotAt(0), entries, this.#bytesCounted ? lineBytes : entries);
  }

  #samplesOf({ stream: { id, labels } }: ScanUnit): StreamSamples {
    let samples = this.#streams.get(id);
    if (samples === undefined) {
      const stream = this.#pipeline.forStream(labels);
      samples = { stream, byLevel: new LevelSamples(stream, this.#table, this.#input) };
      this.#streams.set(id, samples);
    }
    return samples;
  }

  finish(counts: ScanCounts): { part: RangePart; transfer: ArrayBuffer[] } {
    const { part, transfer, bytes } = this.#table.toPart();
    return { part: { kind: 'range', table: part, counts, memoryBytes: bytes }, transfer };
  }

  /** The stream's labels decide alone: metadata of the names samples are grouped by cannot hide them. */
  #groupedByStream(unit: ScanUnit): boolean {
    return (
      this.#anyEntryCounts ||
      (this.#groupedBy?.every((name) => labelValue(unit.stream.labels, name) !== undefined) ?? false)
    );
  }

  /**
   * Adds what the statistics tell exactly; returns the minutes that must be scanned: those a window's edge cuts, and
   * those with structured metadata when it matters.
   */
  #addStatistics(
    statistics: UnitStatistics,
    metadataMatters: boolean,
    byLevel: LevelSamples,
  ): ReadonlySet<number> {
    const { rows, minute, level, entries, lineBytes, metadataBytes } = statistics;
    let toScan = noMinutes;
    const scanLater = (m: number): void => {
      if (toScan === noMinutes) toScan = new Set();
      (toScan as Set<number>).add(m);
    };
    if (metadataMatters)
      for (let i = 0; i < rows; i++) if ((metadataBytes[i] as number) > 0) scanLater(minute[i] as number);
    const sums = this.#bytesCounted ? lineBytes : entries;
    let slot = noSlot;
    let slotMinute = Number.NaN;
    for (let i = 0; i < rows; i++) {
      const m = minute[i] as number;
      if (toScan.size > 0 && toScan.has(m)) continue;
      if (m !== slotMinute) {
        slot = this.#minuteSlots.of(m);
        slotMinute = m;
        if (slot === manySlots) scanLater(m);
      }
      if (slot < 0) continue;
      const series = byLevel.series(level[i] as number);
      if (series === undefined) continue;
      const count = entries[i] as number;
      this.linesAfterFilter += count;
      this.#table.addCounts(series, slot, count, sums[i] as number);
    }
    return toScan;
  }

  /** Counts entries that differ by level alone. */
  #countEntries(
    unit: ScanUnit,
    session: ScanSession,
    byLevel: LevelSamples,
    request: ScanRequest,
    minutes: ReadonlySet<number> | undefined,
  ): void {
    session.scan(unit, request, (batch) => {
      this.#countBatch(batch, byLevel, minutes);
      return true;
    });
  }

  #countBatch(batch: EntryBatch, byLevel: LevelSamples, minutes: ReadonlySet<number> | undefined): void {
    const { selected, selectedCount, offsetsNs } = batch;
    if (selectedCount === 0) return;
    this.#grid.setBase(batch.baseNs);
    // Slots ascend with time, so what lies between two times of one slot lies in it as well.
    const slot = this.#grid.slotAt(offsetsNs[selected[0] as number] as number);
    const last = this.#grid.slotAt(offsetsNs[selected[selectedCount - 1] as number] as number);
    if (slot >= 0 && slot === last && minutes === undefined) {
      this.linesAfterFilter += byLevel.addAll(batch, slot);
      return;
    }
    const inMinutes = minutes && minuteFilter(batch, minutes);
    for (let s = 0; s < selectedCount; s++) {
      const i = selected[s] as number;
      const offset = offsetsNs[i] as number;
      if (inMinutes && !inMinutes(offset)) continue;
      const at = this.#grid.slotAt(offset);
      if (at >= 0) this.#addEntry(batch, i, at, byLevel);
    }
  }

  #addEntry(
    { level, lineStarts, lineEnds }: EntryBatch,
    i: number,
    slot: number,
    byLevel: LevelSamples,
  ): void {
    const series = byLevel.series(level[i] as number);
    if (series === undefined) return;
    const sum = this.#bytesCounted ? (lineEnds[i] as number) - (lineStarts[i] as number) : 1;
    this.linesAfterFilter++;
    this.#table.addCounts(series, slot, 1, sum);
  }

  /** Asks the pipeline for each entry; with `byLevel` only for those with metadata: the others differ by level alone. */
  #scanEntries(
    unit: ScanUnit,
    session: ScanSession,
    { stream, byLevel }: Pick<StreamSamples, 'stream'> & Partial<StreamSamples>,
    request: ScanRequest,
    minutes: ReadonlySet<number> | undefined,
  ): void {
    const input = this.#input;
    let key: string | undefined;
    let series: SeriesCells | undefined;
    const order = this.#tiesDecide ? labelsOrder(unit.stream.labels) : 0;
    session.scan(unit, request, (batch) => {
      if (byLevel !== undefined && batch.metadataBytes.length === 0) {
        this.#countBatch(batch, byLevel, minutes);
        return true;
      }
      const { selected, selectedCount, offsetsNs, metadataStarts, metadataEnds } = batch;
      this.#grid.setBase(batch.baseNs);
      const toFirst = Number(batch.baseNs - this.#firstNs);
      const inMinutes = minutes && minuteFilter(batch, minutes);
      input.bytes = batch.bytes;
      for (let s = 0; s < selectedCount; s++) {
        const i = selected[s] as number;
        const offset = offsetsNs[i] as number;
        if (inMinutes && !inMinutes(offset)) continue;
        const slot = this.#grid.slotAt(offset);
        if (slot < 0) continue;
        if (byLevel !== undefined && metadataStarts[i] === metadataEnds[i]) {
          this.#addEntry(batch, i, slot, byLevel);
          continue;
        }
        this.#setInput(batch, i, session);
        const sample = stream.process(input);
        if (sample === undefined) continue;
        if (sample.error !== '') throw pipelineError(sample.labels, sample.error, sample.errorDetails);
        this.linesAfterFilter++;
        if (series === undefined || sample.key !== key) {
          key = sample.key;
          series = this.#table.series(sample.key, sample.labels);
        }
        this.#table.add(series, slot, sample.value, toFirst + offset, order);
      }
      return true;
    });
  }

  #setInput(batch: EntryBatch, i: number, session: ScanSession): void {
    const input = this.#input;
    if (this.#pipeline.needsTimes) input.timestampNs = batch.baseNs + BigInt(batch.offsetsNs[i] as number);
    input.lineStart = batch.lineStarts[i] as number;
    input.lineEnd = batch.lineEnds[i] as number;
    input.level = batch.level[i] as number;
    if (!this.request.needMetadata) {
      input.structuredMetadata = emptyLabels;
      return;
    }
    const start = batch.metadataStarts[i] as number;
    const end = batch.metadataEnds[i] as number;
    session.metadataBytes += end - start;
    input.structuredMetadata = this.#metadata.decode(batch.metadataBytes, start, end);
  }
}

interface StreamSamples {
  readonly stream: SampleStream;
  readonly byLevel: LevelSamples;
}
