// Sources of one stream (blocks, slices) → units: sources whose spans of time touch may hold duplicates of each other
// and go together; a long chain of them is cut at points in time.
import type { SegmentSlice } from './segment-index.ts';

export interface BlockSource {
  readonly kind: 'block';
  readonly t0: bigint;
  readonly t1: bigint;
  readonly id: number;
  readonly n: number;
  readonly raw: number;
  readonly flags: number;
}
export interface SliceSource {
  readonly kind: 'slice';
  readonly t0: bigint;
  readonly t1: bigint;
  readonly n: number;
  readonly raw: number;
  readonly slice: SegmentSlice;
}
export type Source = BlockSource | SliceSource;

export interface PlannedUnit {
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  readonly sources: readonly Source[];
  /** Only entries inside belong to the unit; undefined: all. `endNs` is exclusive. */
  readonly window: { readonly startNs: bigint; readonly endNs: bigint } | undefined;
}

/** A chain of touching sources above this is cut into windows of about half of it. */
const chainBytesMax = 2 * 1024 * 1024;
/** Slices one after the other become one unit up to this size. */
const joinedBytesMax = 256 * 1024;
/** Offsets inside a unit stay exact. */
const unitSpanNsMax = 2n ** 51n;

/** Units in ascending order of time; together they hold each entry of the sources once. */
export function planUnits(sources: Source[]): PlannedUnit[] {
  sources.sort((a, b) => (a.t0 < b.t0 ? -1 : a.t0 > b.t0 ? 1 : 0));
  const units: PlannedUnit[] = [];
  let joined: { sources: Source[]; raw: number; firstNs: bigint; lastNs: bigint } | undefined;
  const flushJoined = (): void => {
    if (joined !== undefined)
      units.push({
        firstNs: joined.firstNs,
        lastNs: joined.lastNs,
        sources: joined.sources,
        window: undefined,
      });
    joined = undefined;
  };
  for (let from = 0; from < sources.length; ) {
    const first = sources[from] as Source;
    let to = from + 1;
    let lastNs = first.t1;
    let raw = first.raw;
    let slicesOnly = first.kind === 'slice';
    for (; to < sources.length; to++) {
      const source = sources[to] as Source;
      if (source.t0 > lastNs) break;
      if (source.t1 > lastNs) lastNs = source.t1;
      raw += source.raw;
      slicesOnly &&= source.kind === 'slice';
    }
    const chain = sources.slice(from, to);
    from = to;
    if (slicesOnly && raw <= joinedBytesMax && lastNs - first.t0 <= unitSpanNsMax) {
      if (joined && (joined.raw + raw > joinedBytesMax || lastNs - joined.firstNs > unitSpanNsMax))
        flushJoined();
      if (joined === undefined) joined = { sources: chain, raw, firstNs: first.t0, lastNs };
      else {
        joined.sources.push(...chain);
        joined.raw += raw;
        joined.lastNs = lastNs;
      }
      continue;
    }
    flushJoined();
    if (chain.length === 1 || (raw <= chainBytesMax && lastNs - first.t0 <= unitSpanNsMax))
      units.push({ firstNs: first.t0, lastNs, sources: chain, window: undefined });
    else units.push(...windows(chain, lastNs));
  }
  flushJoined();
  return units;
}

/** Cuts a chain, sorted by t0, at starts of sources. */
function windows(chain: readonly Source[], lastNs: bigint): PlannedUnit[] {
  const cuts: bigint[] = [(chain[0] as Source).t0];
  let raw = 0;
  for (const source of chain) {
    const cut = cuts.at(-1) as bigint;
    if (source.t0 > cut && (raw >= chainBytesMax / 2 || source.t0 - cut > unitSpanNsMax)) {
      cuts.push(source.t0);
      raw = 0;
    }
    raw += source.raw;
  }
  cuts.push(lastNs + 1n);
  const units: PlannedUnit[] = [];
  for (let i = 0; i + 1 < cuts.length; i++) {
    const startNs = cuts[i] as bigint;
    const endNs = cuts[i + 1] as bigint;
    const sources = chain.filter((source) => source.t0 < endNs && source.t1 >= startNs);
    units.push({ firstNs: startNs, lastNs: endNs - 1n, sources, window: { startNs, endNs } });
  }
  return units;
}
