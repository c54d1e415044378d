// Counts and bytes by stream and time, summed by ClickHouse: where a request wants nothing else of its entries, none of
// them is sent. Time is cut into cells of equal width of which each lies inside one of the request's buckets, so that
// the sums are those a scan would come to.
import { floorDiv, int64Max, int64Min, maxNs, minNs, type TimeRange } from '../../model/time.ts';
import type { ScanRequest, ScanUnit, StreamInfo, WantedSums } from '../../store/store.ts';
import { RowReader } from '../format/row-reader.ts';
import { int64, timeConditions } from '../format/time-units.ts';
import { ofTenant, type Statement, type TenantOf } from '../server/statement.ts';

/** Cell k holds anchorNs + k·widthNs ≤ time < anchorNs + (k + 1)·widthNs. Structured-cloneable. */
export interface CellGrid {
  /** Bounds of the times asked for, both inclusive; the first and the last cell may reach beyond. */
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  readonly anchorNs: bigint;
  readonly widthNs: bigint;
}

/** Of more cells a sum is hardly smaller than the entries. */
const cellsMax = 20_000;
/** Rows of one answer, of about 40 bytes each. */
const rowsMax = 100_000;

/** Streams of one shard that a request means, from where on retention leaves them. */
interface SummedStreams {
  readonly byKey: ReadonlyMap<bigint, { readonly info: StreamInfo; readonly startNs: bigint }>;
}

/** In ascending order, each for one statement a shard. Undefined: entries have to be looked at one by one. */
export function summableCells(
  shards: readonly SummedStreams[],
  { startNs, endNs, lineFilters, needLines, ignoreStatistics, sums }: ScanRequest,
): readonly CellGrid[] | undefined {
  if (sums === undefined || needLines || lineFilters.length > 0 || ignoreStatistics) return undefined;
  const grid = cellGrid({ startNs, endNs }, sums);
  if (grid === undefined) return undefined;
  let streams = 0;
  for (const { byKey } of shards) {
    for (const { info, startNs: keptFromNs } of byKey.values())
      if (keptFromNs > grid.firstNs || !sums.ofStream(info.labels)) return undefined;
    streams = Math.max(streams, byKey.size);
  }
  return gridParts(grid, streams);
}

/** Undefined: the buckets are not made of cells of one width, or of too many. */
export function cellGrid(
  { startNs, endNs }: TimeRange,
  { isOne }: Pick<WantedSums, 'isOne'>,
): CellGrid | undefined {
  const firstNs = maxNs(startNs, int64Min);
  const lastNs = minNs(endNs - 1n, int64Max);
  if (firstNs > lastNs || lastNs - firstNs >= int64Max) return undefined;
  /** Of the bucket that holds a time, from then on: its last nanosecond. */
  const bucketEnd = (fromNs: bigint): bigint => {
    let low = fromNs;
    let high = lastNs;
    while (low < high) {
      const middle = low + (high - low + 1n) / 2n;
      if (isOne(fromNs, middle)) low = middle;
      else high = middle - 1n;
    }
    return low;
  };
  const edges = [firstNs];
  for (let end = bucketEnd(firstNs); end < lastNs && edges.length < 4; end = bucketEnd(end + 1n))
    edges.push(end + 1n);
  const grid = { firstNs, lastNs, ...gridThrough(edges, lastNs + 1n) };
  const { anchorNs, widthNs } = grid;
  if (anchorNs < int64Min || (lastNs - anchorNs) / widthNs >= BigInt(cellsMax)) return undefined;
  for (let cell = 0n; anchorNs + cell * widthNs <= lastNs; cell++) {
    const { firstNs: from, lastNs: to } = cellBounds(grid, cell);
    if (!isOne(from, to)) return undefined;
  }
  return grid;
}

/** The widest cells that edges of buckets may be edges of, judged by the first few; the first bucket may be cut short. */
function gridThrough(
  [first = 0n, second, third, fourth]: readonly bigint[],
  afterLast: bigint,
): Pick<CellGrid, 'anchorNs' | 'widthNs'> {
  if (second === undefined) return { anchorNs: first, widthNs: afterLast - first };
  const widthNs =
    third === undefined
      ? maxNs(second - first, afterLast - second)
      : fourth === undefined
        ? third - second
        : greatestDivisor(third - second, fourth - third);
  return { anchorNs: second + floorDiv(first - second, widthNs) * widthNs, widthNs };
}

function greatestDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestDivisor(b, a % b);
}

const cellBounds = (
  { firstNs, lastNs, anchorNs, widthNs }: CellGrid,
  cell: bigint,
): Pick<CellGrid, 'firstNs' | 'lastNs'> => ({
  firstNs: maxNs(firstNs, anchorNs + cell * widthNs),
  lastNs: minNs(lastNs, anchorNs + (cell + 1n) * widthNs - 1n),
});

/** Each of so few cells that the sums of so many streams are one answer. */
function gridParts(grid: CellGrid, streams: number): readonly CellGrid[] {
  const { firstNs, lastNs, anchorNs, widthNs } = grid;
  const partNs = BigInt(Math.max(1, Math.floor(rowsMax / Math.max(1, streams)))) * widthNs;
  const parts: CellGrid[] = [];
  for (let from = anchorNs; from <= lastNs; from += partNs)
    parts.push({ ...grid, firstNs: maxNs(firstNs, from), lastNs: minNs(lastNs, from + partNs - 1n) });
  return parts;
}

/** Bytes of structured metadata as it is encoded: each text after its length, seven bits to a byte. */
const metadataBytes = `sum(arraySum(text -> length(text) + 1 + (length(text) >= ${2 ** 7}) + (length(text) >= ${2 ** 14}) + (length(text) >= ${2 ** 21}), arrayConcat(mapKeys(meta), mapValues(meta))))`;

export function sumsStatement(
  tenant: TenantOf,
  { firstNs, lastNs, anchorNs, widthNs }: CellGrid,
  { where, metadata }: { readonly where: readonly string[]; readonly metadata: boolean },
): Statement {
  return ofTenant(tenant, {
    select: `stream, intDiv(toUInt64(ts - ${int64(anchorNs)}), toUInt64(${widthNs})) AS cell, count(), sum(line.size), ${metadata ? `toUInt64(${metadataBytes})` : 'toUInt64(0)'}`,
    from: 'entry',
    where: [...timeConditions(firstNs, lastNs), ...where],
    tail: 'GROUP BY stream, cell',
    format: 'RowBinary',
  });
}

/** What {@link sumsStatement} answered, of the streams that are known. */
export function readSums(
  answer: Buffer,
  grid: CellGrid,
  streamOf: (key: bigint) => StreamInfo | undefined,
): readonly ScanUnit[] {
  const rows = new RowReader(answer);
  const units: ScanUnit[] = [];
  while (!rows.isAtEnd) {
    const stream = streamOf(rows.u64());
    const bounds = cellBounds(grid, rows.u64());
    const entries = Number(rows.u64());
    const lineBytes = Number(rows.u64());
    const sums = { entries, lineBytes, metadataBytes: Number(rows.u64()), blocks: 1 };
    if (stream === undefined) continue;
    units.push({ stream, ...bounds, entries, rawBytes: lineBytes, counted: true, address: undefined, sums });
  }
  return units;
}
