// A StoreReader over plain arrays: simple enough to be obviously right. How entries are cut into units and batches,
// and whether units carry statistics, can be chosen: no answer may depend on it.
import type { Matcher } from '../../src/logql/ast.ts';
import { compileMatchers, matchesLabels } from '../../src/logql/matchers.ts';
import { type Labels, labelValue } from '../../src/model/labels.ts';
import { encodeMetadata } from '../../src/model/structured-metadata.ts';
import { int64Min, type TimeRange } from '../../src/model/time.ts';
import { compileLineFilters } from '../../src/pipeline/stages/line-filter.ts';
import {
  type EntryBatch,
  type ScanCounters,
  type ScanPlan,
  type ScanRequest,
  type ScanUnit,
  type StoreReader,
  type StreamInfo,
  statisticsMinute,
  UnitGoneError,
  type UnitStatistics,
} from '../../src/store/store.ts';

export interface MemoryEntry {
  readonly timestampNs: bigint;
  readonly line: Buffer;
  readonly structuredMetadata: Labels;
  readonly level: number;
}

export interface MemoryStream {
  readonly labels: Labels;
  /** In order of arrival. */
  readonly entries: readonly MemoryEntry[];
}

export interface MemoryStoreOptions {
  /** Entries per unit (equal times are never parted) and per batch. */
  readonly unitEntries?: number;
  readonly batchEntries?: number;
  readonly statistics?: boolean;
  /** Called before each unit is scanned. */
  readonly onScan?: (unit: ScanUnit) => void;
  /** So many scans fail first, as if blocks had moved. */
  readonly goneScans?: number;
}

interface StoredUnit {
  readonly unit: ScanUnit;
  readonly entries: readonly MemoryEntry[];
}

export class MemoryStore implements StoreReader {
  readonly #options: MemoryStoreOptions;
  readonly #streams: readonly (MemoryStream & { readonly info: StreamInfo })[];
  readonly #units: readonly StoredUnit[];
  #goneScans: number;
  plans = 0;
  scans = 0;

  constructor(streams: readonly MemoryStream[], options: MemoryStoreOptions = {}) {
    this.#options = options;
    this.#goneScans = options.goneScans ?? 0;
    this.#streams = streams.map((stream, i) => ({ ...stream, info: { id: i + 1, labels: stream.labels } }));
    this.#units = this.#streams.flatMap(({ info, entries }) => this.#cut(info, entries));
  }

  streams(_snapshot: unknown, _tenant: string, matchers: readonly Matcher[], range: TimeRange): StreamInfo[] {
    const compiled = compileMatchers(matchers);
    return this.#streams
      .filter(({ labels }) => matchesLabels(compiled, labels))
      .filter(({ entries }) => entries.some((entry) => within(entry, range)))
      .map(({ info }) => info);
  }

  labelNames(snapshot: unknown, tenant: string, matchers: readonly Matcher[], range: TimeRange): string[] {
    const names = this.streams(snapshot, tenant, matchers, range).flatMap(({ labels }) =>
      labels.map(([n]) => n),
    );
    return [...new Set(names)].sort();
  }

  labelValues(
    snapshot: unknown,
    tenant: string,
    name: string,
    matchers: readonly Matcher[],
    range: TimeRange,
  ): string[] {
    const values = this.streams(snapshot, tenant, matchers, range).flatMap(
      ({ labels }) => labelValue(labels, name) ?? [],
    );
    return [...new Set(values)].sort();
  }

  plan(_snapshot: unknown, request: ScanRequest): ScanPlan<ScanUnit> {
    this.plans++;
    const compiled = compileMatchers(request.matchers);
    const units = this.#units
      .filter(({ unit }) => matchesLabels(compiled, unit.stream.labels))
      .filter(({ unit }) => unit.firstNs < request.endNs && unit.lastNs >= request.startNs)
      .map(({ unit }) => {
        const inside = unit.firstNs >= request.startNs && unit.lastNs < request.endNs;
        if (inside && !request.ignoreStatistics) return unit;
        const { statistics: _, ...without } = unit;
        return { ...without, counted: false };
      });
    const by = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
    units.sort((a, b) =>
      request.direction === 'backward' ? by(b.lastNs, a.lastNs) : by(a.firstNs, b.firstNs),
    );
    return { units, token: undefined, view: { removals: '', steadyFromNs: int64Min, damagedBlocks: 0 } };
  }

  scan(
    _snapshot: unknown,
    unit: ScanUnit,
    request: ScanRequest,
    visit: (batch: EntryBatch) => boolean,
    counters: ScanCounters,
  ): void {
    this.scans++;
    if (this.#goneScans-- > 0) throw new UnitGoneError('moved');
    this.#options.onScan?.(unit);
    const stored = this.#units[unit.address as number];
    if (stored === undefined) throw new UnitGoneError('no such unit');
    counters.blocksRead++;
    counters.bytes += unit.rawBytes;
    counters.lines += unit.entries;
    const { matches } = compileLineFilters(request.lineFilters);
    const size = this.#options.batchEntries ?? 100;
    const batches: (readonly MemoryEntry[])[] = [];
    for (let at = 0; at < stored.entries.length; at += size)
      batches.push(stored.entries.slice(at, at + size));
    if (request.direction === 'backward') batches.reverse();
    for (const entries of batches) {
      const passes = ({ line }: MemoryEntry): boolean => matches(line, 0, line.length);
      if (!visit(batchOf(unit.stream, entries, (entry) => within(entry, request) && passes(entry), request)))
        return;
    }
  }

  close(): void {}

  #cut(info: StreamInfo, arrived: readonly MemoryEntry[]): StoredUnit[] {
    const sorted = arrived
      .map((entry, i) => ({ entry, i }))
      .sort((a, b) =>
        a.entry.timestampNs < b.entry.timestampNs
          ? -1
          : a.entry.timestampNs > b.entry.timestampNs
            ? 1
            : a.i - b.i,
      )
      .map(({ entry }) => entry);
    const size = this.#options.unitEntries ?? 250;
    const pieces: MemoryEntry[][] = [];
    for (const entry of sorted) {
      const piece = pieces.at(-1);
      const spanNs = entry.timestampNs - (piece?.[0]?.timestampNs ?? entry.timestampNs);
      const isFull =
        piece === undefined || (piece.length >= size && piece.at(-1)?.timestampNs !== entry.timestampNs);
      if (!isFull && spanNs <= spanNsMax) piece.push(entry);
      else pieces.push([entry]);
    }
    return pieces.map((entries) => ({ unit: this.#unitOf(info, entries), entries }));
  }

  #nextAddress = 0;

  #unitOf(stream: StreamInfo, entries: readonly MemoryEntry[]): ScanUnit {
    const [first] = entries;
    const last = entries.at(-1);
    return {
      stream,
      firstNs: first?.timestampNs ?? 0n,
      lastNs: last?.timestampNs ?? 0n,
      entries: entries.length,
      rawBytes: entries.reduce((sum, { line }) => sum + line.length, 0),
      address: this.#nextAddress++,
      counted: this.#options.statistics !== false,
      ...(this.#options.statistics === false ? {} : { statistics: statisticsOf(entries) }),
    };
  }
}

/** Offsets of a batch's times are exact. */
const spanNsMax = 2n ** 51n;

const within = ({ timestampNs }: MemoryEntry, { startNs, endNs }: TimeRange): boolean =>
  timestampNs >= startNs && timestampNs < endNs;

function statisticsOf(entries: readonly MemoryEntry[]): UnitStatistics {
  const rows = new Map<
    string,
    { minute: number; level: number; entries: number; line: number; metadata: number }
  >();
  for (const { timestampNs, level, line, structuredMetadata } of entries) {
    const minute = statisticsMinute(timestampNs);
    const key = `${minute} ${level}`;
    const row = rows.get(key) ?? { minute, level, entries: 0, line: 0, metadata: 0 };
    row.entries++;
    row.line += line.length;
    row.metadata += encodeMetadata(structuredMetadata).length;
    rows.set(key, row);
  }
  const list = [...rows.values()];
  return {
    rows: list.length,
    minute: Float64Array.from(list, (row) => row.minute),
    level: Uint8Array.from(list, (row) => row.level),
    entries: Float64Array.from(list, (row) => row.entries),
    lineBytes: Float64Array.from(list, (row) => row.line),
    metadataBytes: Float64Array.from(list, (row) => row.metadata),
  };
}

function batchOf(
  stream: StreamInfo,
  entries: readonly MemoryEntry[],
  select: (entry: MemoryEntry) => boolean,
  { needLines, needMetadata }: ScanRequest,
): EntryBatch {
  const baseNs = entries[0]?.timestampNs ?? 0n;
  const bytes = Buffer.concat(entries.map(({ line }) => line));
  const metadata = entries.map((entry) =>
    needMetadata ? encodeMetadata(entry.structuredMetadata) : new Uint8Array(),
  );
  const [lineStarts, lineEnds] = ranges(entries.map(({ line }) => line.length));
  const [metadataStarts, metadataEnds] = ranges(metadata.map((one) => one.length));
  const selected = Uint32Array.from(entries.flatMap((entry, i) => (select(entry) ? [i] : [])));
  return {
    stream,
    count: entries.length,
    baseNs,
    offsetsNs: Float64Array.from(entries, (entry) => Number(entry.timestampNs - baseNs)),
    // What was not asked for must not be touched.
    bytes: needLines ? bytes : Buffer.alloc(0),
    lineStarts,
    lineEnds,
    level: Uint8Array.from(entries, ({ level }) => level),
    metadataBytes: Buffer.concat(metadata),
    metadataStarts,
    metadataEnds,
    selected,
    selectedCount: selected.length,
  };
}

function ranges(lengths: readonly number[]): [starts: Uint32Array, ends: Uint32Array] {
  const ends = new Uint32Array(lengths.length);
  let at = 0;
  lengths.forEach((length, i) => {
    at += length;
    ends[i] = at;
  });
  return [ends.map((end, i) => end - (lengths[i] as number)), ends];
}
