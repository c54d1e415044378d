// A piece of log text as the engine sends it: time, space, text.

import { nsPerSecond } from '../../model/time.ts';

export interface EngineTime {
  readonly ns: bigint;
  /** Offset of the text after the time and its space. */
  readonly textStart: number;
}

/** "2026-11-24T15:04:05.123456789+05:30 ". */
export const timeBytesMax = 36;

const zero = 48;
const space = 32;
const plus = 43;
const minus = 45;
const colon = 58;
const letterZ = 90;
/** "+05:30". */
const offsetBytes = 6;
/** "2026-11-24T15:04:05". */
const secondBytes = 19;

/** The second read last: lines come many to a second. */
const lastSecond = new TextEncoder().encode('1970-01-01T00:00:00');
let lastSecondNs = 0n;

/**
 * The time at `at`: RFC 3339 with up to nine digits of fraction, or none, in UTC or with an offset: Docker writes nine
 * digits and Z, Podman whole seconds and, since its version 5, an offset. Undefined when there is none.
 */
export function engineTime(bytes: Uint8Array, at = 0): EngineTime | undefined {
  if (bytes.length - at < secondBytes + 2) return undefined;
  if (!isLastSecond(bytes, at)) {
    const ns = secondNs(bytes, at);
    if (ns === undefined) return undefined;
    lastSecond.set(bytes.subarray(at, at + secondBytes));
    lastSecondNs = ns;
  }
  let end = at + secondBytes;
  let nanos = 0;
  if (bytes[end] === 46) {
    let scale = 100_000_000;
    for (end++; scale >= 0 && (bytes[end] as number) >= zero && (bytes[end] as number) <= 57; end++) {
      nanos += ((bytes[end] as number) - zero) * scale;
      scale = Math.floor(scale / 10);
    }
  }
  const ns = lastSecondNs + BigInt(nanos);
  if (bytes[end] === letterZ && bytes[end + 1] === space) return { ns, textStart: end + 2 };
  const offset = offsetSeconds(bytes, end);
  if (offset === undefined || bytes[end + offsetBytes] !== space) return undefined;
  return { ns: ns - BigInt(offset) * nsPerSecond, textStart: end + offsetBytes + 1 };
}

/** Of "+05:30" at `at`; undefined when there is none. */
function offsetSeconds(bytes: Uint8Array, at: number): number | undefined {
  const sign = bytes[at];
  if ((sign !== plus && sign !== minus) || bytes[at + 3] !== colon) return undefined;
  const seconds = digits(bytes, at + 1, 2) * 3_600 + digits(bytes, at + 4, 2) * 60;
  if (Number.isNaN(seconds)) return undefined;
  return sign === minus ? -seconds : seconds;
}

function isLastSecond(bytes: Uint8Array, at: number): boolean {
  for (let i = secondBytes - 1; i >= 0; i--) if (bytes[at + i] !== lastSecond[i]) return false;
  return true;
}

function secondNs(bytes: Uint8Array, at: number): bigint | undefined {
  if (bytes[at + 4] !== 45 || bytes[at + 10] !== 84 || bytes[at + 16] !== 58) return undefined;
  const ms = Date.UTC(
    digits(bytes, at, 4),
    digits(bytes, at + 5, 2) - 1,
    digits(bytes, at + 8, 2),
    digits(bytes, at + 11, 2),
    digits(bytes, at + 14, 2),
    digits(bytes, at + 17, 2),
  );
  return Number.isNaN(ms) ? undefined : BigInt(ms / 1000) * nsPerSecond;
}

/** The number of `count` decimal digits; NaN when there are others. */
function digits(bytes: Uint8Array, from: number, count: number): number {
  let value = 0;
  for (let i = from; i < from + count; i++) {
    const digit = (bytes[i] as number) - zero;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** Where the second begins: an engine that tells whole seconds may go by more exact ones of its own. */
export const wholeSecond = (ns: bigint): bigint => ns - (ns % nsPerSecond);

/** Nanoseconds as the engine's `since` wants them: "seconds.nanoseconds", a text because a number loses digits. */
export function sinceText(ns: bigint): string {
  const at = ns < 0n ? 0n : ns;
  return `${at / nsPerSecond}.${String(at % nsPerSecond).padStart(9, '0')}`;
}
