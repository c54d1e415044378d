// Lines before those that are there, and on both sides of one.
import type { Asked } from '../address.ts';
import { type Entry, entryKey } from '../gateway/entry.ts';
import { type LinesQuery, queryLines, queryRange, type RangeQuery } from '../gateway/queries.ts';

/** Asked for on each side of the line that a link points to. */
const linkedLines = 50;
const linkedSpanNs = 3_600_000_000_000n;

/** Entries older than those that are there, newest first. `more`: there may be others. */
export async function olderThan(
  request: LinesQuery,
  entries: readonly Entry[],
  signal: AbortSignal,
): Promise<{ readonly entries: readonly Entry[]; readonly more: boolean }> {
  const oldestNs = entries.at(-1)?.timestampNs;
  if (oldestNs === undefined) return { entries: [], more: false };
  // Lines of the very same nanosecond may be left: it is asked for again, and what is there already is left out.
  const found = await queryLines({ ...request, endNs: BigInt(oldestNs) + 1n }, signal);
  const known = new Map<string, number>();
  for (let at = entries.length - 1; entries[at]?.timestampNs === oldestNs; at--) {
    const key = entryKey(entries[at] as Entry);
    known.set(key, (known.get(key) ?? 0) + 1);
  }
  const fresh = found.filter((entry) => {
    if (entry.timestampNs !== oldestNs) return true;
    const key = entryKey(entry);
    const left = known.get(key) ?? 0;
    known.set(key, left - 1);
    return left <= 0;
  });
  if (fresh.length > 0 || found.length < request.limit)
    return { entries: fresh, more: found.length >= request.limit };
  // All of one nanosecond, more than one answer holds: they cannot be told apart by time, so it goes on before them.
  const before = await queryLines({ ...request, endNs: BigInt(oldestNs) }, signal);
  return { entries: before, more: before.length >= request.limit };
}

/** Lines on both sides of the one that a link points to. */
export async function around(asked: Asked, request: RangeQuery, signal: AbortSignal) {
  const atNs = BigInt(/^\d{1,19}/.exec(asked.line)?.[0] ?? '0');
  const [before, after] = await Promise.all([
    queryRange(
      {
        ...request,
        startNs: atNs > linkedSpanNs ? atNs - linkedSpanNs : 0n,
        endNs: atNs + 1n,
        limit: linkedLines,
      },
      signal,
    ),
    queryLines(
      { ...request, startNs: atNs + 1n, endNs: atNs + linkedSpanNs, limit: linkedLines },
      signal,
      'forward',
    ),
  ]);
  return before.kind === 'series' ? before : { ...before, entries: [...after, ...before.entries] };
}
