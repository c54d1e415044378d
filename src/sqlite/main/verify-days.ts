// Checking the counts of days: those of blocks that are there must be what the blocks' own counts make together.
import type { Database } from 'better-sqlite3';
import { CorruptBlockError } from '../format/block.ts';
import { decodeCounts } from '../format/counts.ts';
import { DaysOfBlocks, dayBounds } from '../format/day-counts.ts';

/** One text for each row that is damaged or counts wrong. Rows of blocks that have gone meanwhile say nothing to anybody. */
export function* dayProblems(database: Database): Generator<string | undefined, void, void> {
  const next = database
    .prepare<[number], readonly [id: number, ids: Buffer, counts: Buffer]>(
      'SELECT id, ids, counts FROM day_counts WHERE id > ? ORDER BY id LIMIT 1',
    )
    .raw();
  const days = new DaysOfBlocks(database);
  for (let row = next.get(-1); row !== undefined; row = next.get(row[0])) {
    const [id, ids, counts] = row;
    const problem = problemOf(days, id, { ids, counts });
    const { stream, startNs } = dayBounds(id);
    yield problem === undefined
      ? undefined
      : `counts of stream ${stream} on ${new Date(Number(startNs / 1_000_000n)).toISOString().slice(0, 10)} ${problem}`;
  }
}

function problemOf(
  days: DaysOfBlocks,
  id: number,
  { ids, counts }: { readonly ids: Buffer; readonly counts: Buffer },
): string | undefined {
  try {
    decodeCounts(counts);
  } catch (error) {
    if (error instanceof CorruptBlockError) return error.message;
    throw error;
  }
  try {
    const wanted = days.of(id);
    if (wanted === undefined || !wanted.ids.equals(ids) || wanted.counts.equals(counts)) return undefined;
    return 'do not agree with those of its blocks';
  } catch (error) {
    // Told of with its block.
    if (error instanceof CorruptBlockError) return undefined;
    throw error;
  }
}
