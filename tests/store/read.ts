// Reading everything a request selects as plain entries.
import type { Matcher } from '../../src/logql/ast.ts';
import { labelsToRecord } from '../../src/model/labels.ts';
import { decodeMetadata } from '../../src/model/structured-metadata.ts';
import type {
  EntryBatch,
  PlannedUnit,
  ScanCounters,
  ScanPlan,
  ScanRequest,
  ScanUnit,
  Snapshot,
  StoreReader,
  StreamInfo,
  UnitStatistics,
} from '../../src/store/store.ts';

export interface ReadEntry {
  readonly labels: Record<string, string>;
  readonly ns: bigint;
  readonly line: string;
  readonly level: number;
  readonly metadata: Record<string, string>;
}

export const allTime = { startNs: -(2n ** 63n), endNs: 2n ** 63n };
export const anyStream: readonly Matcher[] = [];

export const scanRequest = (changes: Partial<ScanRequest> = {}): ScanRequest => ({
  ...allTime,
  tenant: 'fake',
  matchers: anyStream,
  direction: 'forward',
  lineFilters: [],
  needLines: true,
  needMetadata: true,
  ...changes,
});

export const counters = (): ScanCounters => ({ bytes: 0, lines: 0, blocksRead: 0, blocksSkipped: 0 });

/** In order of units and of entries in them. */
export function readAll(
  reader: Pick<StoreReader, 'scan'> & Planning,
  snapshot: Snapshot,
  changes: Partial<ScanRequest> = {},
  counted: ScanCounters = counters(),
): ReadEntry[] {
  const request = scanRequest(changes);
  return scanUnits(reader, snapshot, reader.plan(snapshot, request).units, request, counted);
}

/** A reader whose plans need no waiting for. */
interface Planning {
  plan(snapshot: Snapshot, request: ScanRequest): ScanPlan<ScanUnit>;
}

/** As {@link readAll}, of any reader. */
export async function readAnyStore(
  reader: StoreReader,
  snapshot: Snapshot,
  changes: Partial<ScanRequest> = {},
): Promise<ReadEntry[]> {
  const request = scanRequest(changes);
  const { units } = await reader.plan(snapshot, request);
  return scanUnits(reader, snapshot, await unfolded(reader, snapshot, units, request), request);
}

/** The units that a plan's can be scanned as. */
export async function unfolded(
  reader: StoreReader,
  snapshot: Snapshot,
  units: Iterable<PlannedUnit>,
  request: ScanRequest = scanRequest(),
): Promise<readonly ScanUnit[]> {
  const ready: ScanUnit[] = [];
  const { signal } = new AbortController();
  for (const unit of units)
    if (unit.stream !== undefined) ready.push(unit);
    else ready.push(...((await reader.unfold?.(snapshot, unit, request, signal)) ?? []));
  return ready;
}

/** An entry of a scan, where the batch has it. */
export interface ScannedEntry {
  readonly stream: StreamInfo;
  readonly ns: bigint;
  readonly level: number;
  readonly lineBytes: number;
  readonly metadataBytes: number;
  readonly line: () => string;
  readonly metadata: () => Record<string, string>;
}

/** Scans a unit and shows each entry that it selects; an entry's parts are read meanwhile or not at all. */
export function scanEach(
  reader: Pick<StoreReader, 'scan'>,
  snapshot: Snapshot,
  unit: ScanUnit,
  request: ScanRequest,
  show: (entry: ScannedEntry) => void,
  counted: ScanCounters = counters(),
): void {
  const visit = (batch: EntryBatch): boolean => {
    for (const i of batch.selected.subarray(0, batch.selectedCount)) {
      const at = (range: Uint32Array): number => range[i] as number;
      const [lineStart, lineEnd] = [at(batch.lineStarts), at(batch.lineEnds)];
      const [metadataStart, metadataEnd] = [at(batch.metadataStarts), at(batch.metadataEnds)];
      show({
        stream: batch.stream,
        ns: batch.baseNs + BigInt(batch.offsetsNs[i] as number),
        level: batch.level[i] as number,
        lineBytes: lineEnd - lineStart,
        metadataBytes: metadataEnd - metadataStart,
        line: () => batch.bytes.toString('utf8', lineStart, lineEnd),
        metadata: () => ({
          ...labelsToRecord(decodeMetadata(batch.metadataBytes, metadataStart, metadataEnd)),
        }),
      });
    }
    return true;
  };
  reader.scan(snapshot, unit, request, visit, counted);
}

/** Of a plan that was made before. */
export function scanUnits(
  reader: Pick<StoreReader, 'scan'>,
  snapshot: Snapshot,
  units: Iterable<ScanUnit>,
  request: ScanRequest = scanRequest(),
  counted: ScanCounters = counters(),
): ReadEntry[] {
  const entries: ReadEntry[] = [];
  for (const unit of units)
    scanEach(
      reader,
      snapshot,
      unit,
      request,
      ({ stream, ns, line, level, metadata }) =>
        entries.push({
          labels: { ...labelsToRecord(stream.labels) },
          ns,
          line: line(),
          level,
          metadata: metadata(),
        }),
      counted,
    );
  return entries;
}

/** Lines of one stream in ascending order of time. */
export const linesOf = (entries: readonly ReadEntry[]): string[] => entries.map(({ line }) => line);

export const countedEntries = ({ rows, entries }: UnitStatistics): number =>
  entries.subarray(0, rows).reduce((sum, n) => sum + n, 0);

/** Entries that the request selects, from statistics where there are any. */
export async function countEntries(
  reader: StoreReader,
  snapshot: Snapshot,
  request: ScanRequest,
): Promise<number> {
  let sum = 0;
  const { units } = await reader.plan(snapshot, request);
  for (const unit of await unfolded(reader, snapshot, units, request)) {
    const { statistics } = unit;
    if (statistics !== undefined) sum += countedEntries(statistics);
    else
      reader.scan(
        snapshot,
        unit,
        request,
        ({ selectedCount }) => {
          sum += selectedCount;
          return true;
        },
        counters(),
      );
  }
  return sum;
}
