// Streaming all entries that a selector takes out of a store, for files and moves: no thread, no engine.
import type { Matcher } from '../../logql/ast.ts';
import type { Labels } from '../../model/labels.ts';
import { decodeMetadata } from '../../model/structured-metadata.ts';
import type { TimeRange } from '../../model/time.ts';
import type { ScanRequest } from '../../store/store.ts';
import { checkStore, openForReading } from '../format/open-database.ts';
import { SqliteStoreReader } from '../read/reader.ts';
import {
  type SegmentRef,
  type SegmentSnapshot,
  SegmentWriter,
  segmentHeaderBytes,
} from '../threads/segment.ts';
import { CommitCodec } from '../write/commit-codec.ts';

export interface ExportSelector {
  readonly tenant: string;
  /** Empty: all streams. */
  readonly matchers: readonly Matcher[];
}

export interface ExportedEntry {
  readonly labels: Labels;
  readonly timestampNs: bigint;
  /** The line's bytes as received: the caller's own. */
  readonly line: Buffer;
  /** Without `detected_level` when that is in `level`. */
  readonly structuredMetadata: Labels;
  /** LevelCode, 0 for none. */
  readonly level: number;
}

/**
 * Entries of the matching streams in the range, block by block: ascending by time within a stream, streams in turns.
 * One state of the store for the whole of it, also beside a running gateway, whose log grows by what it writes
 * meanwhile. Entries that deletion or damage hides are left out. Throws StoreFileError, RegexError.
 */
export async function* exportEntries(
  path: string,
  selector: ExportSelector,
  range: TimeRange,
): AsyncGenerator<ExportedEntry, void, undefined> {
  checkStore(path);
  const reader = new SqliteStoreReader({ path, retentionNs: 0n });
  try {
    const request: ScanRequest = {
      ...range,
      ...selector,
      direction: 'forward',
      lineFilters: [],
      needLines: true,
      needMetadata: true,
    };
    // Commits first: those that become blocks before the state is held are then known to be in blocks.
    const snapshot: SegmentSnapshot = { segments: unsealedCommits(path) };
    reader.holdState();
    const counters = { bytes: 0, lines: 0, blocksRead: 0, blocksSkipped: 0 };
    for (const unit of reader.plan(snapshot, request).units) {
      const entries: ExportedEntry[] = [];
      reader.scan(
        snapshot,
        unit,
        request,
        ({ selected, selectedCount, baseNs, offsetsNs, bytes, ...batch }) => {
          for (let k = 0; k < selectedCount; k++) {
            const i = selected[k] as number;
            entries.push({
              labels: batch.stream.labels,
              timestampNs: baseNs + BigInt(offsetsNs[i] as number),
              line: Buffer.from(bytes.subarray(batch.lineStarts[i], batch.lineEnds[i])),
              structuredMetadata: decodeMetadata(
                batch.metadataBytes,
                batch.metadataStarts[i],
                batch.metadataEnds[i],
              ),
              level: batch.level[i] as number,
            });
          }
          return true;
        },
        counters,
      );
      yield* entries;
    }
  } finally {
    reader.close();
  }
}

/** Names of the tenants that have streams. */
export function storedTenants(path: string): readonly string[] {
  checkStore(path);
  const database = openForReading(path);
  try {
    return database.prepare<[], string>('SELECT DISTINCT tenant FROM stream ORDER BY tenant').pluck().all();
  } finally {
    database.close();
  }
}

/** Commits that are not in blocks, each as a segment of its own; readers leave out those that are by then. */
function unsealedCommits(path: string): readonly SegmentRef[] {
  const database = openForReading(path);
  const codec = new CommitCodec();
  try {
    const rows = database.prepare<[], { seq: number; body: Buffer }>(
      'SELECT seq, body FROM wal ORDER BY seq',
    );
    return rows.all().map(({ seq, body }, index) => {
      const slices = new Uint8Array(codec.decode(body));
      const buffer = new SharedArrayBuffer(segmentHeaderBytes + slices.length);
      const segment = new SegmentWriter({ buffer, number: index + 1, firstSeq: seq });
      segment.publish(slices);
      return segment.ref;
    });
  } finally {
    database.close();
  }
}
