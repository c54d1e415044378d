// Units as scans get them: of one stream, from its blocks and slices.
import type { TimeRange } from '../../model/time.ts';
import type { ScanUnit, StreamInfo, UnitStatistics } from '../../store/store.ts';
import { CorruptBlockError } from '../format/block.ts';
import { CountRows } from '../format/counts.ts';
import type { CatalogStream } from './block-catalog.ts';
import type { HiddenSpan } from './hidden-entries.ts';
import type { BlockAddress, SliceAddress, UnitAddress } from './unit-address.ts';
import { type BlockSource, type PlannedUnit, planUnits, type SliceSource, type Source } from './unit-plan.ts';

export interface UnitRequest {
  readonly stream: StreamInfo;
  readonly range: TimeRange;
  /** Deletions that may take entries of the stream. */
  readonly hidden: readonly HiddenSpan[] | undefined;
  readonly withStatistics: boolean;
}

export class StreamUnits {
  readonly #rows = new CountRows();

  /** Appends the units of these sources that touch the range. */
  fromSources(sources: Source[], request: UnitRequest, into: ScanUnit[]): void {
    const { startNs, endNs } = request.range;
    for (const unit of planUnits(sources))
      if (unit.firstNs < endNs && unit.lastNs >= startNs) into.push(this.#unit(unit, request));
  }

  /** The same with blocks that the catalog knows: what slices do not touch is not planned again. */
  fromCatalog(
    catalog: CatalogStream | undefined,
    slices: readonly SliceSource[],
    request: UnitRequest,
    into: ScanUnit[],
  ): void {
    if (catalog === undefined || request.hidden !== undefined) {
      this.fromSources([...sourcesIn(catalog?.sources ?? [], request.range), ...slices], request, into);
      return;
    }
    const { units } = catalog;
    const made = this.#made(catalog, request.stream);
    const settled = slices.length === 0 ? units.length : untouched(units, slices);
    const { startNs, endNs } = request.range;
    for (let i = firstEndingFrom(units, startNs); i < settled; i++) {
      const unit = units[i] as PlannedUnit;
      if (unit.firstNs >= endNs) break;
      const stored = made[i] as StoredUnit;
      const whole = request.withStatistics && unit.firstNs >= startNs && unit.lastNs < endNs;
      into.push(whole ? stored : stored.plain);
    }
    if (slices.length === 0) return;
    const fromNs = units[settled]?.firstNs;
    const left = fromNs === undefined ? [] : catalog.sources.filter(({ t0 }) => t0 >= fromNs);
    this.fromSources([...sourcesIn(left, request.range), ...slices], request, into);
  }

  #made(catalog: CatalogStream, stream: StreamInfo): readonly StoredUnit[] {
    const known = catalog.made as readonly StoredUnit[] | undefined;
    if (known !== undefined) return known;
    const made = catalog.units.map((unit) => this.#stored(stream, unit, undefined));
    catalog.made = made;
    return made;
  }

  #unit(planned: PlannedUnit, { stream, range, hidden, withStatistics }: UnitRequest): ScanUnit {
    const { firstNs, lastNs } = planned;
    const here = hidden?.filter((span) => span.firstNs <= lastNs && span.lastNs >= firstNs) ?? [];
    const whole = firstNs >= range.startNs && lastNs < range.endNs;
    const unit = this.#stored(stream, planned, here.length === 0 ? undefined : here);
    return whole && withStatistics && here.length === 0 ? unit : unit.plain;
  }

  #stored(stream: StreamInfo, unit: PlannedUnit, hidden: readonly HiddenSpan[] | undefined): StoredUnit {
    return new StoredUnit(stream, unit, hidden, this.#rows);
  }
}

/** A unit whose statistics are decoded when they are asked for. */
class StoredUnit implements ScanUnit {
  readonly stream: StreamInfo;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  readonly entries: number;
  readonly rawBytes: number;
  readonly address: UnitAddress;
  readonly counted: boolean;
  /** The only source; undefined when the unit has no statistics. */
  readonly #block: BlockSource | undefined;
  readonly #rows: CountRows;
  #plain: ScanUnit | undefined;

  constructor(
    stream: StreamInfo,
    unit: PlannedUnit,
    hidden: readonly HiddenSpan[] | undefined,
    rows: CountRows,
  ) {
    const { firstNs, lastNs, sources } = unit;
    let entries = 0;
    let rawBytes = 0;
    for (const source of sources) {
      entries += source.n;
      rawBytes += source.raw;
    }
    const [only] = sources;
    this.stream = stream;
    this.firstNs = firstNs;
    this.lastNs = lastNs;
    this.entries = entries;
    this.rawBytes = rawBytes;
    this.address = unitAddress(unit, hidden);
    this.#block =
      sources.length === 1 && only?.kind === 'block' && hidden === undefined && only.counts
        ? only
        : undefined;
    this.counted = this.#block !== undefined;
    this.#rows = rows;
  }

  /** The same without statistics. Made once: every search of the stream's blocks asks for it. */
  get plain(): ScanUnit {
    const { stream, firstNs, lastNs, entries, rawBytes, address } = this;
    this.#plain ??= { stream, firstNs, lastNs, entries, rawBytes, address, counted: false };
    return this.#plain;
  }

  get statistics(): UnitStatistics | undefined {
    const counts = this.#block?.counts;
    try {
      return counts && this.#rows.load(counts);
    } catch (error) {
      // The entries themselves may be whole: count those.
      if (error instanceof CorruptBlockError) return undefined;
      throw error;
    }
  }
}

const sourcesIn = (sources: readonly BlockSource[], { startNs, endNs }: TimeRange): BlockSource[] =>
  sources.filter(({ t0, t1 }) => t0 < endNs && t1 >= startNs);

/** Index of the first unit that ends at a time or later. */
function firstEndingFrom(units: readonly PlannedUnit[], ns: bigint): number {
  let low = 0;
  let high = units.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((units[middle] as PlannedUnit).lastNs < ns) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Units before this one do not change by the slices: neither they nor their chain touch one. */
function untouched(units: readonly PlannedUnit[], slices: readonly SliceSource[]): number {
  let firstNs = (slices[0] as SliceSource).t0;
  for (const { t0 } of slices) if (t0 < firstNs) firstNs = t0;
  let at = firstEndingFrom(units, firstNs);
  for (; at > 0; at--) {
    const before = units[at - 1] as PlannedUnit;
    const unit = units[at];
    if (unit?.window === undefined || before.window === undefined || before.lastNs + 1n !== unit.firstNs)
      break;
  }
  return at;
}

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
