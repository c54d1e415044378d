// The `stats` object of query answers: what Grafana's inspector and logcli --stats read, from our counters.
import type { QueryStatistics } from '../../engine/run/query-service.ts';

const perSecond = (count: number, ms: number): number => (ms > 0 ? Math.floor((count * 1000) / ms) : 0);

/** Times are seconds, `chunksDownloadTime` nanoseconds; a block of the store counts as a chunk. */
export function statsObject(statistics: QueryStatistics): Record<string, unknown> {
  const { bytesProcessed, linesProcessed, executionMs, blocksRead, blocksSkipped } = statistics;
  const store = {
    totalChunksRef: blocksRead + blocksSkipped,
    totalChunksDownloaded: blocksRead,
    chunksDownloadTime: 0,
    chunk: {
      headChunkBytes: 0,
      headChunkLines: 0,
      decompressedBytes: bytesProcessed,
      decompressedLines: linesProcessed,
      compressedBytes: 0,
      totalDuplicates: 0,
      postFilterLines: statistics.linesAfterFilter,
    },
  };
  const none = {
    totalChunksRef: 0,
    totalChunksDownloaded: 0,
    chunksDownloadTime: 0,
    chunk: {
      headChunkBytes: 0,
      headChunkLines: 0,
      decompressedBytes: 0,
      decompressedLines: 0,
      compressedBytes: 0,
      totalDuplicates: 0,
      postFilterLines: 0,
    },
  };
  return {
    summary: {
      bytesProcessedPerSecond: perSecond(bytesProcessed, executionMs),
      linesProcessedPerSecond: perSecond(linesProcessed, executionMs),
      totalBytesProcessed: bytesProcessed,
      totalLinesProcessed: linesProcessed,
      execTime: executionMs / 1000,
      queueTime: statistics.queueMs / 1000,
      subqueries: 0,
      totalEntriesReturned: statistics.entriesReturned,
      splits: 0,
      shards: 1,
      totalPostFilterLines: statistics.linesAfterFilter,
      totalStructuredMetadataBytesProcessed: statistics.structuredMetadataBytesProcessed,
    },
    querier: { store },
    ingester: {
      totalReached: 1,
      totalChunksMatched: 0,
      totalBatches: 0,
      totalLinesSent: statistics.entriesReturned,
      store: none,
    },
    cache: {},
    index: {},
  };
}
