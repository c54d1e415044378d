// Checking the groups of filters: each must allow what the filters of its blocks allow.
import type { Database } from 'better-sqlite3';
import { CorruptBlockError } from '../format/block.ts';
import { openFilter } from '../format/filter.ts';
import {
  decodeMembers,
  encodeSliceRow,
  openSlice,
  slicePlace,
  sliceRowId,
  sliceRows,
} from '../format/filter-group.ts';

type GroupRow = readonly [id: number, filterBytes: number, members: number, ids: Buffer];

/** One text for each group that is damaged or denies what its blocks hold. Blocks that have gone may be in it. */
export function* groupProblems(database: Database): Generator<string | undefined, void, void> {
  const groups = database
    .prepare<[], GroupRow>(
      'SELECT id, filter_bytes, members, ids FROM filter_group WHERE ready > 0 ORDER BY id',
    )
    .raw()
    .all();
  const stored = database.prepare<[number], Buffer>('SELECT bits FROM filter_slice WHERE id = ?').pluck();
  const isThere = database.prepare<[number], number>('SELECT 1 FROM filter_group WHERE id = ?').pluck();
  for (const group of groups) {
    const problem = problemOf(group, {
      filters: filtersOf(database, group),
      row: (row) => stored.get(sliceRowId(group[0], row)),
    });
    // It may have been replaced meanwhile.
    const isGone = problem !== undefined && isThere.get(group[0]) === undefined;
    yield problem === undefined || isGone ? undefined : `group ${group[0]} of filters ${problem}`;
  }
}

/** Of the members one after the other, zeros for those that have gone; undefined: it is not known which they are. */
function filtersOf(database: Database, [, filterBytes, count, ids]: GroupRow): Buffer | undefined {
  const members = decodeMembers(ids);
  if (members?.length !== count) return undefined;
  const filter = database.prepare<[number], Buffer>('SELECT bits FROM block_filter WHERE id = ?').pluck();
  const filters = Buffer.alloc(count * filterBytes);
  for (const [place, id] of members.entries()) {
    const bits = filter.get(id);
    if (bits === undefined) continue;
    try {
      const { bytes, at, byteCount } = openFilter(bits);
      if (byteCount === filterBytes) filters.set(bytes.subarray(at, at + byteCount), place * filterBytes);
    } catch (error) {
      // Told of with its block.
      if (!(error instanceof CorruptBlockError)) throw error;
    }
  }
  return filters;
}

function problemOf(
  [id, filterBytes, members]: GroupRow,
  {
    filters,
    row: storedRow,
  }: { readonly filters: Buffer | undefined; readonly row: (row: number) => Buffer | undefined },
): string | undefined {
  if (filters === undefined) return 'has lost its members';
  const shape = { filterBytes, members };
  let slice = 0;
  for (let row = 0; row < sliceRows(shape); row++) {
    const stored = storedRow(row);
    if (stored === undefined) return 'has lost a row';
    const wanted = encodeSliceRow(id, shape, row, filters);
    if (wanted.length !== stored.length) return 'has a row that is cut';
    for (let at = 0; at < wanted.length; slice++) {
      const { bytes } = slicePlace(id, shape, slice);
      const has = openSlice(id, slice, stored.subarray(at, at + bytes));
      const needs = openSlice(id, slice, wanted.subarray(at, at + bytes));
      if (has === undefined) return 'does not match its checksums';
      if (needs?.some((byte, i) => (byte & ~(has[i] as number)) !== 0)) return 'denies what its blocks hold';
      at += bytes;
    }
  }
  return undefined;
}
