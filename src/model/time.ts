// Nanosecond time. Wire: decimal strings; edges: bigint; inside a block: a bigint base plus float64 offsets.

export const nsPerMs = 1_000_000n;
export const nsPerSecond = 1_000_000_000n;
export const int64Min = -(2n ** 63n);
export const int64Max = 2n ** 63n - 1n;

/** The nearest time that there is. */
export const clampInt64 = (ns: bigint): bigint => (ns < int64Min ? int64Min : ns > int64Max ? int64Max : ns);

/** A half-open time range `[startNs, endNs)`. */
export interface TimeRange {
  readonly startNs: bigint;
  readonly endNs: bigint;
}

export const minNs = (a: bigint, b: bigint): bigint => (a < b ? a : b);
export const maxNs = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** Floor division, also below the epoch. */
export function floorDiv(value: bigint, by: bigint): bigint {
  const q = value / by;
  return value % by < 0n ? q - 1n : q;
}

/** Seconds (floored) and the nanoseconds left over, 0..999,999,999: both exact as numbers. */
export function splitNs(timestampNs: bigint): { seconds: number; nanos: number } {
  const seconds = floorDiv(timestampNs, nsPerSecond);
  return { seconds: Number(seconds), nanos: Number(timestampNs - seconds * nsPerSecond) };
}

export const joinNs = (seconds: number, nanos: number): bigint =>
  BigInt(seconds) * nsPerSecond + BigInt(nanos);

/** Where the present moment comes from; tests pass a fake. */
export interface Clock {
  nowNs(): bigint;
}

// performance.timeOrigin + performance.now() would drift from the wall clock after a step; Date.now() follows it.
export const systemClock: Clock = { nowNs: () => BigInt(Date.now()) * nsPerMs };
