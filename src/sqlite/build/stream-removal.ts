// Streams that have lost their last block. The writer forgets them when they are idle; until then it inserts the row
// again should an entry come after all.
import type { Database } from 'better-sqlite3';
import { failpoint } from '../threads/failpoint.ts';

/** Commits wait while this many are removed. */
const streamsPerRun = 250;

export interface StreamRemoval {
  /** Streams above `stream` that had blocks and have none now, a bounded number in ascending order. */
  candidates(stream: number): readonly number[];
  /** Inside a transaction. */
  remove(ids: readonly number[]): void;
}

export function streamRemoval(database: Database): StreamRemoval {
  const candidates = database
    .prepare<[number, number], number>(
      `SELECT stream FROM stream_time
       WHERE stream > ? AND NOT EXISTS (SELECT 1 FROM block WHERE block.stream = stream_time.stream)
       ORDER BY stream LIMIT ?`,
    )
    .pluck();
  const removeStream = database.prepare<[number]>('DELETE FROM stream WHERE id = ?');
  const removeTime = database.prepare<[number]>('DELETE FROM stream_time WHERE stream = ?');
  const count = database.prepare<[]>("UPDATE meta SET value = value + 1 WHERE key = 'stream_removals'");
  return {
    candidates: (stream) => candidates.all(stream, streamsPerRun),
    remove(ids) {
      for (const id of ids) {
        removeStream.run(id);
        removeTime.run(id);
      }
      failpoint('retention: inside the removal of streams');
      count.run();
    },
  };
}
