// Units as scans get them: of one stream, from its blocks and slices.
import type { TimeRange } from '../../model/time.ts';
import type { HiddenSpan } from '../../store/hidden-entries.ts';
import type {
  CoarseStatistics,
  ScanUnit,
  StreamInfo,
  UnitStatistics,
  WantedSums,
} from '../../store/store.ts';
import { blockFlags, CorruptBlockError } from '../format/block.ts';
import { CountRows } from '../format/counts.ts';
import { dayBlocksMin, dayCountsId, dayNs, dayOf } from '../format/day-counts.ts';
import type { BlockCounts } from './block-counts.ts';
import type { BlockHeads } from './block-heads.ts';
import { CountedDay, isCut } from './counted-day.ts';
import type { DayCounts, DayRun } from './day-counts.ts';
import type { BlockAddress, SliceAddress, UnitAddress } from './unit-address.ts';
import type { PlannedUnits } from './unit-list.ts';
import { type BlockSource, type PlannedUnit, planUnits, type SliceSource, type Source } from './unit-plan.ts';

export interface UnitRequest {
  readonly stream: StreamInfo;
  readonly range: TimeRange;
  /** Deletions that may take entries of the stream. */
  readonly hidden: readonly HiddenSpan[] | undefined;
  readonly withStatistics: boolean;
  /** Where sums of the stream's entries are enough. */
  readonly sums: WantedSums | undefined;
  /** Where coarse statistics are enough, and whether those of entries with metadata say too little. */
  readonly coarse: (CoarseStatistics & { readonly metadataMatters: boolean }) | undefined;
  /** False: no line of the block passes the request's filters. */
  readonly mayPass: ((block: number) => boolean) | undefined;
}

export class StreamUnits {
  readonly #counts: BlockCounts;
  readonly #days: DayCounts;
  readonly #rows = new CountRows();

  constructor(counts: BlockCounts, days: DayCounts) {
    this.#counts = counts;
    this.#days = days;
  }

  /** Adds the units of these sources that touch the range. */
  fromSources(sources: Source[], request: UnitRequest, into: PlannedUnits): void {
    const { startNs, endNs } = request.range;
    for (const unit of planUnits(sources))
      if (unit.firstNs < endNs && unit.lastNs >= startNs) into.made.push(this.#unit(unit, request));
  }

  /** The same with the stream's blocks in the heads: those that touch no other source stay numbers. */
  fromHeads(
    heads: BlockHeads,
    slices: readonly SliceSource[],
    request: UnitRequest,
    into: PlannedUnits,
  ): void {
    const { startNs, endNs } = request.range;
    const [from, to] = heads.ofStream(request.stream.id);
    const end = heads.endBefore(endNs, from, to);
    const first = heads.startFrom(startNs, from, end);
    const settled = request.hidden === undefined ? untouched(heads, first, end, slices) : first;
    let dayEnd = first;
    for (let block = first; block < settled; ) {
      const runEnd = endOfRun(heads, block, settled, request);
      if (request.coarse !== undefined && block >= dayEnd && isSameDay(heads, block, runEnd, end)) {
        const day = dayRun(heads, block, request);
        dayEnd = Math.min(day.to, end);
        if (runEnd < dayEnd && dayEnd <= settled && isCounted(day, request)) {
          into.made.push(new CountedDay(day, request, this.#days));
          block = dayEnd;
          continue;
        }
      }
      if (runEnd > block) {
        into.made.push(sumOf(heads, block, runEnd, request.stream));
        block = runEnd;
        continue;
      }
      const chainEnd = heads.chainEnd(block);
      if (chainEnd > block + 1)
        this.fromSources(
          this.#sources(heads, [block, Math.min(chainEnd, end)], request, into),
          request,
          into,
        );
      else if (request.mayPass === undefined || request.mayPass(block)) into.addBlock(block);
      else into.skipped++;
      block = chainEnd;
    }
    if (settled < end || slices.length > 0)
      this.fromSources([...this.#sources(heads, [settled, end], request, into), ...slices], request, into);
  }

  /** The unit of a block that touches no other source and that no deletion may touch. */
  ofBlock(heads: BlockHeads, block: number, request: UnitRequest): ScanUnit {
    const source = blockSource(heads, block);
    return this.#unit(
      { firstNs: source.t0, lastNs: source.t1, sources: [source], window: undefined },
      request,
    );
  }

  #sources(
    heads: BlockHeads,
    [from, to]: readonly [number, number],
    { mayPass }: UnitRequest,
    into: PlannedUnits,
  ): Source[] {
    const sources: Source[] = [];
    for (let block = from; block < to; block++)
      if (mayPass === undefined || mayPass(block)) sources.push(blockSource(heads, block));
      else into.skipped++;
    return sources;
  }

  #unit(planned: PlannedUnit, { stream, range, hidden, withStatistics }: UnitRequest): ScanUnit {
    const { firstNs, lastNs, sources } = planned;
    const here = hidden?.filter((span) => span.firstNs <= lastNs && span.lastNs >= firstNs) ?? [];
    let entries = 0;
    let rawBytes = 0;
    for (const source of sources) {
      entries += source.n;
      rawBytes += source.raw;
    }
    const address = unitAddress(planned, here.length === 0 ? undefined : here);
    const unit = { stream, firstNs, lastNs, entries, rawBytes, address, counted: false };
    const [only] = sources;
    const isCounted =
      withStatistics &&
      here.length === 0 &&
      firstNs >= range.startNs &&
      lastNs < range.endNs &&
      sources.length === 1 &&
      only?.kind === 'block' &&
      (only.flags & blockFlags.counts) !== 0;
    return isCounted ? new CountedUnit(unit, only, { counts: this.#counts, rows: this.#rows }) : unit;
  }
}

/** A unit whose statistics are read when they are asked for. */
class CountedUnit implements ScanUnit {
  readonly stream: StreamInfo;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  readonly entries: number;
  readonly rawBytes: number;
  readonly address: unknown;
  readonly counted = true;
  readonly #block: BlockSource;
  readonly #statistics: { readonly counts: BlockCounts; readonly rows: CountRows };

  constructor(
    unit: ScanUnit,
    block: BlockSource,
    statistics: { readonly counts: BlockCounts; readonly rows: CountRows },
  ) {
    this.stream = unit.stream;
    this.firstNs = unit.firstNs;
    this.lastNs = unit.lastNs;
    this.entries = unit.entries;
    this.rawBytes = unit.rawBytes;
    this.address = unit.address;
    this.#block = block;
    this.#statistics = statistics;
  }

  get statistics(): UnitStatistics | undefined {
    const { counts, rows } = this.#statistics;
    const open = counts.of(this.stream.id, this.#block.t0, this.#block.id);
    try {
      return open && rows.load(open);
    } catch (error) {
      // The entries themselves may be whole: count those.
      if (error instanceof CorruptBlockError) return undefined;
      throw error;
    }
  }
}

/** The end of the run of blocks that begins here, touches nothing else and counts as one; `block` when it does not. */
function endOfRun(heads: BlockHeads, block: number, end: number, { range, sums }: UnitRequest): number {
  const firstNs = heads.t0Ns[block] as bigint;
  if (sums === undefined || firstNs < range.startNs || !heads.isAlone(block)) return block;
  const isOne = (last: number): boolean => {
    const lastNs = heads.t1Ns[last] as bigint;
    return lastNs < range.endNs && sums.isOne(firstNs, lastNs);
  };
  if (!isOne(block)) return block;
  let low = block;
  let step = 1;
  for (; low + step < end && isOne(low + step); step *= 2) low += step;
  for (let high = Math.min(end, low + step); low + 1 < high; ) {
    const middle = (low + high) >> 1;
    if (isOne(middle)) low = middle;
    else high = middle;
  }
  for (let alone = block + 1; alone <= low; alone++) if (!heads.isAlone(alone)) return alone;
  return low + 1;
}

/** Whether the day of `block` goes on at `other`. */
const isSameDay = (heads: BlockHeads, block: number, other: number, end: number): boolean =>
  other < end && dayOf(heads.t0Ns[block] as bigint) === dayOf(heads.t0Ns[other] as bigint);

/** All blocks of the stream that begin in the same day as this one. */
function dayRun(heads: BlockHeads, block: number, { stream: { id: stream } }: UnitRequest): DayRun {
  const [streamFrom, streamTo] = heads.ofStream(stream);
  const day = dayOf(heads.t0Ns[block] as bigint);
  const startNs = BigInt(day) * dayNs;
  const from = heads.endBefore(startNs, streamFrom, block);
  const to = heads.endBefore(startNs + dayNs, block, streamTo);
  return { stream, heads, from, to, id: dayCountsId(stream, day) };
}

/** Whether the counts of a day's blocks together tell all that the request asks of them. */
function isCounted(run: DayRun, { range, coarse }: UnitRequest): boolean {
  const { heads, from, to } = run;
  if (coarse === undefined || to - from < dayBlocksMin) return false;
  if (isCut(run, [range.startNs - 1n, range.endNs - 1n, ...coarse.edgesNs])) return false;
  for (let block = from; block < to; block++)
    if (
      !heads.isAlone(block) ||
      (heads.flags(block) & blockFlags.counts) === 0 ||
      (coarse.metadataMatters && (heads.metadataRaw[block] as number) > 0)
    )
      return false;
  return true;
}

function sumOf(heads: BlockHeads, from: number, to: number, stream: StreamInfo): ScanUnit {
  let entries = 0;
  let lineBytes = 0;
  let metadataBytes = 0;
  for (let block = from; block < to; block++) {
    entries += heads.n[block] as number;
    lineBytes += heads.raw[block] as number;
    metadataBytes += heads.metadataRaw[block] as number;
  }
  return {
    stream,
    firstNs: heads.t0Ns[from] as bigint,
    lastNs: heads.t1Ns[to - 1] as bigint,
    entries,
    rawBytes: lineBytes,
    sums: { entries, lineBytes, metadataBytes, blocks: to - from },
    counted: true,
    address: undefined,
  };
}

/** The end of the blocks, of [first, end), that neither slices touch nor what they touch. */
function untouched(heads: BlockHeads, first: number, end: number, slices: readonly SliceSource[]): number {
  const [slice] = slices;
  if (slice === undefined) return end;
  let firstNs = slice.t0;
  for (const { t0 } of slices) if (t0 < firstNs) firstNs = t0;
  return heads.startFrom(firstNs, first, end);
}

const blockSource = (heads: BlockHeads, block: number): BlockSource => ({
  kind: 'block',
  t0: heads.t0Ns[block] as bigint,
  t1: heads.t1Ns[block] as bigint,
  id: heads.ids[block] as number,
  n: heads.n[block] as number,
  raw: heads.raw[block] as number,
  flags: heads.flags(block),
});

/** Sources in order of arrival: blocks by id, then slices by segment and place. */
function unitAddress(
  { sources, window }: PlannedUnit,
  hidden: readonly HiddenSpan[] | undefined,
): UnitAddress {
  const blocks: BlockAddress[] = [];
  const slices: SliceAddress[] = [];
  for (const source of sources)
    if (source.kind === 'block')
      blocks.push({ id: source.id, n: source.n, raw: source.raw, flags: source.flags });
    else slices.push({ segment: source.slice.segment, at: source.slice.at, bytes: source.slice.bytes });
  blocks.sort((a, b) => a.id - b.id);
  slices.sort((a, b) => a.segment - b.segment || a.at - b.at);
  return { blocks, slices, window, hidden };
}
