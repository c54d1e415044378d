// Reading everything a request selects as plain entries.
import type { Matcher } from '../../src/logql/ast.ts';
import { labelsToRecord } from '../../src/model/labels.ts';
import { decodeMetadata } from '../../src/model/structured-metadata.ts';
import type {
  ScanCounters,
  ScanRequest,
  ScanUnit,
  Snapshot,
  StoreReader,
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
  reader: StoreReader,
  snapshot: Snapshot,
  changes: Partial<ScanRequest> = {},
  counted: ScanCounters = counters(),
): ReadEntry[] {
  const request = scanRequest(changes);
  return scanUnits(reader, snapshot, reader.plan(snapshot, request).units, request, counted);
}

/** Of a plan that was made before. */
export function scanUnits(
  reader: StoreReader,
  snapshot: Snapshot,
  units: Iterable<ScanUnit>,
  request: ScanRequest = scanRequest(),
  counted: ScanCounters = counters(),
): ReadEntry[] {
  const entries: ReadEntry[] = [];
  for (const unit of units)
    reader.scan(
      snapshot,
      unit,
      request,
      (batch) => {
        for (let k = 0; k < batch.selectedCount; k++) {
          const i = batch.selected[k] as number;
          const at = (range: Uint32Array): number => range[i] as number;
          entries.push({
            labels: { ...labelsToRecord(batch.stream.labels) },
            ns: batch.baseNs + BigInt(batch.offsetsNs[i] as number),
            line: batch.bytes.toString('utf8', at(batch.lineStarts), at(batch.lineEnds)),
            level: batch.level[i] as number,
            metadata: {
              ...labelsToRecord(
                decodeMetadata(batch.metadataBytes, at(batch.metadataStarts), at(batch.metadataEnds)),
              ),
            },
          });
        }
        return true;
      },
      counted,
    );
  return entries;
}

/** Lines of one stream in ascending order of time. */
export const linesOf = (entries: readonly ReadEntry[]): string[] => entries.map(({ line }) => line);

export const countedEntries = ({ rows, entries }: UnitStatistics): number =>
  entries.subarray(0, rows).reduce((sum, n) => sum + n, 0);

/** Entries that the request selects, from statistics where there are any. */
export function countEntries(reader: StoreReader, snapshot: Snapshot, request: ScanRequest): number {
  let sum = 0;
  for (const unit of reader.plan(snapshot, request).units) {
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
