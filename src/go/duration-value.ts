// Durations of labels as numbers. Log lines mostly write one number and one unit; that form is read without bigints.
import { parseGoDuration } from './duration.ts';

/** Nanoseconds of a Go duration, or the text of Go's error. Exact up to 2^53 ns, which is 104 days. */
export function durationNs(text: string): number | string {
  const plain = onePartNs(text);
  if (plain >= 0) return plain;
  const ns = parseGoDuration(text);
  return typeof ns === 'bigint' ? Number(ns) : ns;
}

/** Seconds, as Go's Duration.Seconds gives them: whole ones and the rest apart. Or the text of Go's error. */
export function durationSeconds(text: string): number | string {
  const plain = onePartNs(text);
  if (plain >= 0) return Math.floor(plain / 1e9) + (plain % 1e9) / 1e9;
  const ns = parseGoDuration(text);
  return typeof ns === 'bigint' ? Number(ns / 1_000_000_000n) + Number(ns % 1_000_000_000n) / 1e9 : ns;
}

/** Digits of a number whose product with any unit's nanoseconds is exact. */
const digitsMax = 9;

/** Nanoseconds of digits, a fraction of up to three digits, and `ns`, `us`, `ms` or `s`; -1 for any other form. */
function onePartNs(text: string): number {
  let whole = 0;
  let at = 0;
  for (; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) break;
    whole = whole * 10 + digit;
  }
  if (at === 0 || at > digitsMax) return -1;
  let fraction = 0;
  let scale = 1;
  if (text.charCodeAt(at) === 0x2e) {
    for (at++; at < text.length; at++) {
      const digit = text.charCodeAt(at) - 0x30;
      if (digit < 0 || digit > 9) break;
      fraction = fraction * 10 + digit;
      scale *= 10;
    }
    if (scale === 1 || scale > 1000) return -1;
  }
  const left = text.length - at;
  const first = text.charCodeAt(at);
  let unitNs = 0;
  if (left === 1 && first === 0x73) unitNs = 1e9;
  else if (left === 2 && text.charCodeAt(at + 1) === 0x73) {
    unitNs = first === 0x6d ? 1e6 : first === 0x75 ? 1e3 : first === 0x6e ? 1 : 0;
  }
  if (unitNs === 0 || whole * unitNs > Number.MAX_SAFE_INTEGER / 2) return -1;
  return whole * unitNs + Math.trunc((fraction * unitNs) / scale);
}
