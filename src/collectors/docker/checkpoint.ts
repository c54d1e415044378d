// A container's checkpoint: {"from":"ns","stdout":["ns",count],"stderr":["ns",count]}. A third element of a stream,
// "ns", is the latest time read before the clock was set back.

import { isAheadOfClock, type StreamPosition, streamStart } from './lines.ts';

export const dockerSource = 'docker';

export type StreamName = 'stdout' | 'stderr';

export interface ContainerPosition {
  /** Where reading must begin so that nothing after the streams' positions is missed. */
  readonly fromNs: bigint;
  readonly stdout: StreamPosition;
  readonly stderr: StreamPosition;
}

/** A container never seen before, read from `fromNs`. */
export const newPosition = (fromNs: bigint): ContainerPosition => ({
  fromNs,
  stdout: streamStart,
  stderr: streamStart,
});

export function encodePosition({ fromNs, stdout, stderr }: ContainerPosition): string {
  const pair = ({ ns, count, highNs }: StreamPosition) =>
    highNs === undefined ? [String(ns), count] : [String(ns), count, String(highNs)];
  return JSON.stringify({ from: String(fromNs), stdout: pair(stdout), stderr: pair(stderr) });
}

/** Undefined when the text is not a checkpoint of ours. */
export function decodePosition(state: string): ContainerPosition | undefined {
  try {
    const value = JSON.parse(state) as Record<'from' | StreamName, unknown>;
    const pair = (field: unknown): StreamPosition => {
      const [ns, count, high] = field as [string, number, string?];
      if (!Number.isInteger(count)) throw new RangeError('count');
      return { ns: BigInt(ns), count, ...(high !== undefined && { highNs: BigInt(high) }) };
    };
    return { fromNs: BigInt(value.from as string), stdout: pair(value.stdout), stderr: pair(value.stderr) };
  } catch {
    return undefined;
  }
}

/**
 * Times of stdout and stderr do not grow across each other: a line of one may follow a later one of the other by a
 * moment. This much is read again, and the streams' own positions drop the repeats.
 */
const disorderNs = 2_000_000_000n;

/**
 * Where to read from, given how far each stream was taken and the first time of what is held (open lines). `floorNs` is
 * where reading first began; `nowNs` the engine's clock: when it is behind a position, any time may have come since.
 */
export function readFrom(
  floorNs: bigint,
  streams: readonly { readonly position: StreamPosition; readonly heldNs: bigint | undefined }[],
  nowNs: bigint,
): bigint {
  const ahead = streams.filter(({ position }) => isAheadOfClock(position, nowNs));
  // One whose last time is in the future has not seen the step yet.
  if (ahead.some(({ position }) => isAheadOfClock({ ns: position.ns, count: 0 }, nowNs))) return 0n;
  let newest = -1n;
  for (const { position } of streams) if (position.ns > newest) newest = position.ns;
  let from = newest - disorderNs;
  for (const { position } of ahead) if (position.ns < from) from = position.ns;
  for (const { heldNs } of streams) if (heldNs !== undefined && heldNs < from) from = heldNs;
  return from > floorNs || ahead.length > 0 ? from : floorNs;
}
