// Scans entries that have been fetched: picks those of the request's times that pass its line filters and are not deleted.
import type { LineFilterStage } from '../../logql/stages/line-filter.ts';
import type { BytesPredicate } from '../../pipeline/byte-search.ts';
import { compileLineFilters } from '../../pipeline/stages/line-filter.ts';
import { type HiddenSpan, HiddenTest } from '../../store/hidden-entries.ts';
import type { EntryBatch, ScanCounters, ScanRequest, StreamInfo } from '../../store/store.ts';
import type { StreamRows } from '../format/entry-rows.ts';

/** Entries of one stream as they lie in an answer. */
export interface FetchedEntries {
  readonly entries: StreamRows;
  /** What is older has outlived its period. */
  readonly startNs: bigint;
  readonly hidden: readonly HiddenSpan[] | undefined;
}

/** The filters of a scan are one array for all its units. */
const compiled = new WeakMap<readonly LineFilterStage[], BytesPredicate>();
const hiddenTest = new HiddenTest();

export function scanEntries(
  stream: StreamInfo,
  { entries, startNs, hidden }: FetchedEntries,
  request: ScanRequest,
  visit: (batch: EntryBatch) => boolean,
  counters: ScanCounters,
): void {
  const { count, baseNs, offsetsNs, bytes, lineStarts, lineEnds } = entries;
  const low = Number((startNs > request.startNs ? startNs : request.startNs) - baseNs);
  const high = Number(request.endNs - baseNs);
  const passes = request.lineFilters.length === 0 ? undefined : filterOf(request.lineFilters);
  const isHidden = hidden && hiddenTest.of(hidden, stream.labels, entries);
  const selected = new Uint32Array(count);
  let selectedCount = 0;
  for (let i = 0; i < count; i++) {
    const offset = offsetsNs[i] as number;
    if (offset < low || offset >= high) continue;
    if (passes !== undefined && !passes(bytes, lineStarts[i] as number, lineEnds[i] as number)) continue;
    if (isHidden?.(i) === true) continue;
    selected[selectedCount++] = i;
  }
  counters.blocksRead++;
  counters.lines += count;
  counters.bytes += entries.lineBytes + metadataBytesOf(entries);
  visit({
    stream,
    count,
    baseNs,
    offsetsNs,
    bytes,
    lineStarts,
    lineEnds,
    level: entries.level,
    metadataBytes: entries.metadataBytes,
    metadataStarts: entries.metadataStarts,
    metadataEnds: entries.metadataEnds,
    selected,
    selectedCount,
  });
}

function filterOf(filters: readonly LineFilterStage[]): BytesPredicate {
  let predicate = compiled.get(filters);
  if (predicate === undefined) {
    predicate = compileLineFilters(filters).matches;
    compiled.set(filters, predicate);
  }
  return predicate;
}

function metadataBytesOf({ count, metadataStarts, metadataEnds }: StreamRows): number {
  let bytes = 0;
  for (let i = 0; i < count; i++) bytes += (metadataEnds[i] as number) - (metadataStarts[i] as number);
  return bytes;
}
