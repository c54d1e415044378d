// Streams, entries and bytes that a selector and a time range cover.

import type { IndexStats } from '../store/scan-results.ts';
import type { IndexRequest } from '../store/scan-task.ts';
import type { ScanRequest, StoreReader } from '../store/store.ts';
import { type ScanControl, stopReasons } from './scan-control.ts';
import type { OnSnapshot } from './scan-executor.ts';
import { stopError } from './scan-unit-loop.ts';

export type StreamStats = IndexStats;
export const emptyStats: IndexStats = { streams: 0, chunks: 0, bytes: 0, entries: 0 };

/** Exact for entries and bytes (lines and structured metadata) inside the range: from statistics where a unit lies inside, else counted. */
export function streamStats(
  reader: StoreReader,
  { snapshot, tenant, matchers, range }: OnSnapshot<IndexRequest>,
  control: ScanControl,
): StreamStats {
  const request: ScanRequest = {
    tenant,
    matchers,
    startNs: range.startNs,
    endNs: range.endNs,
    direction: 'any',
    lineFilters: [],
    needLines: false,
    needMetadata: true,
  };
  const { units } = reader.plan(snapshot, request);
  const counters = { bytes: 0, lines: 0, blocksRead: 0, blocksSkipped: 0 };
  const streams = new Set<number>();
  let chunks = 0;
  let bytes = 0;
  let entries = 0;
  for (const unit of units) {
    const before = entries;
    const { statistics } = unit;
    if (statistics) {
      for (let row = 0; row < statistics.rows; row++) {
        entries += statistics.entries[row] as number;
        bytes += (statistics.lineBytes[row] as number) + (statistics.metadataBytes[row] as number);
      }
    } else {
      reader.scan(
        snapshot,
        unit,
        request,
        ({ selected, selectedCount, lineStarts, lineEnds, metadataStarts, metadataEnds }) => {
          if (control.stopped !== stopReasons.none) throw stopError(control.stopped);
          entries += selectedCount;
          for (let s = 0; s < selectedCount; s++) {
            const i = selected[s] as number;
            bytes += (lineEnds[i] as number) - (lineStarts[i] as number);
            bytes += (metadataEnds[i] as number) - (metadataStarts[i] as number);
          }
          return true;
        },
        counters,
      );
    }
    if (entries === before) continue;
    chunks++;
    streams.add(unit.stream.id);
  }
  return { streams: streams.size, chunks, bytes, entries };
}
