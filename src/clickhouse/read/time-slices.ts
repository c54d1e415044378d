// Cuts the entries that a query may read into slices of time, each small enough to be fetched at once.
import { maxNs, minNs } from '../../model/time.ts';
import type { ScanRequest } from '../../store/store.ts';
import { RowReader } from '../format/row-reader.ts';
import { int64, timeConditions } from '../format/time-units.ts';
import type { Shard } from '../server/shard.ts';
import { ofTenant, type TenantOf } from '../server/statement.ts';

/** Bounds of the entries' times, both inclusive. */
export interface TimeSlice {
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  readonly entries: number;
  readonly lineBytes: number;
}

export interface SliceBounds {
  readonly sliceRows: number;
  readonly sliceBytes: number;
}

export interface SlicesAsked extends TenantOf {
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  readonly where: readonly string[];
}

/** Slots that a span of time is cut into before small ones are put together. */
const slotsAtOnce = 1000n;
/** Entries of one nanosecond are not parted. */
const cutsMax = 8;
const cutsAtOnce = 4;

/** Slices in ascending order, none much larger than the bounds unless its entries are of one moment. */
export async function timeSlices(
  shard: Shard,
  asked: SlicesAsked,
  bounds: SliceBounds,
  signal: AbortSignal | undefined,
  cuts = cutsMax,
): Promise<readonly TimeSlice[]> {
  const slots = await countSlots(shard, asked, signal);
  const isLarge = ({ entries, lineBytes, firstNs, lastNs }: TimeSlice): boolean =>
    firstNs < lastNs && (entries > 2 * bounds.sliceRows || lineBytes > 2 * bounds.sliceBytes);
  if (cuts === 0 || !slots.some(isLarge)) return slots;
  const cut: (readonly TimeSlice[])[] = [];
  for (let from = 0; from < slots.length; from += cutsAtOnce)
    cut.push(
      ...(await Promise.all(
        slots.slice(from, from + cutsAtOnce).map((slot) => {
          if (!isLarge(slot)) return [slot];
          const { firstNs, lastNs } = slot;
          return timeSlices(shard, { ...asked, firstNs, lastNs }, bounds, signal, cuts - 1);
        }),
      )),
    );
  return cut.flat();
}

async function countSlots(
  shard: Shard,
  { firstNs, lastNs, where, ...tenant }: SlicesAsked,
  signal: AbortSignal | undefined,
): Promise<readonly TimeSlice[]> {
  const widthNs = (lastNs - firstNs) / slotsAtOnce + 1n;
  const statement = ofTenant(tenant, {
    select: 'min(ts), max(ts), count(), sum(line.size)',
    from: 'entry',
    where: [...timeConditions(firstNs, lastNs), ...where],
    // The difference of two times may need all of 64 bits.
    tail: `GROUP BY intDiv(toUInt64(ts - ${int64(firstNs)}), toUInt64(${widthNs})) AS slot ORDER BY slot`,
    format: 'RowBinary',
  });
  const rows = new RowReader(await shard.query(statement, signal));
  const slots: TimeSlice[] = [];
  while (!rows.isAtEnd)
    slots.push({
      firstNs: rows.i64(),
      lastNs: rows.i64(),
      entries: Number(rows.u64()),
      lineBytes: Number(rows.u64()),
    });
  return slots;
}

/** The first slice is so much smaller than those that follow: most queries for the newest entries end with it. */
const firstShare = 1 / 16;

/** Puts slices that follow each other together, in the order of a scan. */
export function mergedSlices(
  ascending: readonly TimeSlice[],
  direction: ScanRequest['direction'],
  { sliceRows, sliceBytes }: SliceBounds,
): readonly TimeSlice[] {
  const slices = direction === 'forward' ? ascending : ascending.toReversed();
  const merged: TimeSlice[] = [];
  let share = firstShare;
  let last: TimeSlice | undefined;
  for (const slice of slices) {
    const sum = last && joined(last, slice);
    if (sum !== undefined && sum.entries <= share * sliceRows && sum.lineBytes <= share * sliceBytes) {
      last = sum;
      continue;
    }
    if (last !== undefined) {
      merged.push(last);
      share = Math.min(1, 2 * share);
    }
    last = slice;
  }
  if (last !== undefined) merged.push(last);
  return merged;
}

const joined = (a: TimeSlice, b: TimeSlice): TimeSlice => ({
  firstNs: minNs(a.firstNs, b.firstNs),
  lastNs: maxNs(a.lastNs, b.lastNs),
  entries: a.entries + b.entries,
  lineBytes: a.lineBytes + b.lineBytes,
});
