// Streams, entries and bytes that a selector and a time range cover.

import type { IndexStats } from '../store/scan-results.ts';
import type { IndexRequest } from '../store/scan-task.ts';
import type { ScanRequest, ScanUnit } from '../store/store.ts';
import type { ScanSession } from './scan-unit-loop.ts';

export type StreamStats = IndexStats;
export const emptyStats: IndexStats = { streams: 0, chunks: 0, bytes: 0, entries: 0 };

/** Exact for entries and bytes (lines and structured metadata) inside the range: from statistics where a unit lies inside, else counted. */
export async function streamStats(
  { tenant, matchers, range }: IndexRequest,
  session: ScanSession,
): Promise<StreamStats> {
  const request: ScanRequest = {
    tenant,
    matchers,
    startNs: range.startNs,
    endNs: range.endNs,
    direction: 'any',
    lineFilters: [],
    needLines: false,
    needMetadata: true,
    sums: { ofStream: () => true, isOne: () => true },
  };
  const { units } = await session.plan(request);
  const streams = new Set<number>();
  let chunks = 0;
  let bytes = 0;
  let entries = 0;
  const add = (unit: ScanUnit): void => {
    const { sums } = unit;
    if (sums !== undefined) {
      entries += sums.entries;
      bytes += sums.lineBytes + sums.metadataBytes;
      chunks += sums.blocks;
      streams.add(unit.stream.id);
      return;
    }
    const before = entries;
    const { statistics } = unit;
    if (statistics) {
      for (let row = 0; row < statistics.rows; row++) {
        entries += statistics.entries[row] as number;
        bytes += (statistics.lineBytes[row] as number) + (statistics.metadataBytes[row] as number);
      }
    } else {
      session.scan(
        unit,
        request,
        ({ selected, selectedCount, lineStarts, lineEnds, metadataStarts, metadataEnds }) => {
          entries += selectedCount;
          for (let s = 0; s < selectedCount; s++) {
            const i = selected[s] as number;
            bytes += (lineEnds[i] as number) - (lineStarts[i] as number);
            bytes += (metadataEnds[i] as number) - (metadataStarts[i] as number);
          }
          return true;
        },
      );
    }
    if (entries === before) return;
    chunks++;
    streams.add(unit.stream.id);
  };
  for (const unit of units) {
    const readying = session.ready(unit, request);
    for (const one of readying instanceof Promise ? await readying : readying) add(one);
  }
  return { streams: streams.size, chunks, bytes, entries };
}
