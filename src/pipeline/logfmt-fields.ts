// A logfmt walk over bytes for a few fields: the line is not decoded, and pairs nobody asked for are stepped over.
// It gives up on anything unusual; what it has set by then the full parser would have set first as well.
import { fieldText } from './field-text.ts';
import type { FieldsVerdict, FieldTargets, SetField } from './json-fields.ts';
import type { PipelineEntry } from './stage.ts';

/** Walks a line's pairs without `--strict`. `keepsEmpty`: pairs without a value count. */
export function walkLogfmtFields(
  entry: PipelineEntry,
  targets: FieldTargets,
  set: SetField,
  keepsEmpty: boolean,
): FieldsVerdict {
  const { bytes, lineEnd: end } = entry;
  let at = entry.lineStart;
  for (;;) {
    while (at < end && (bytes[at] as number) <= 0x20) at++;
    if (at >= end) return 'end';
    const keyStart = at;
    let unusual = false;
    let c = 0x20;
    for (; at < end; at++) {
      c = bytes[at] as number;
      if (c === 0x3d || c === 0x22 || c <= 0x20) break;
      if (plainByte[c] === 0) unusual = true;
    }
    if (at >= end) c = 0x20;
    // A name that must be cleaned first may become one asked for; so may one with a digit in front.
    if (unusual || isDigit(bytes[keyStart] as number)) return 'rest';
    if (c === 0x22 || (c === 0x3d && at === keyStart)) {
      at = wordEnd(bytes, at, end);
      continue;
    }
    const keyEnd = at;
    let valueStart = at;
    let valueEnd = at;
    if (c === 0x3d) {
      valueStart = ++at;
      valueEnd = at;
      if (at < end && bytes[at] === 0x22) {
        const close = quoteEnd(bytes, at, end);
        // Escapes are resolved, and may be wrong; so may be the end.
        if (close < 0) return 'rest';
        valueStart = at + 1;
        valueEnd = close;
        at = close + 1;
      } else {
        for (; at < end; at++) {
          const v = bytes[at] as number;
          if (v === 0x3d || v === 0x22 || v <= 0x20) break;
        }
        if (at < end && (bytes[at] as number) > 0x20) {
          at = wordEnd(bytes, at, end);
          continue;
        }
        valueEnd = at;
      }
    }
    if (valueStart === valueEnd && !keepsEmpty) continue;
    const field = targets.field(bytes, keyStart, keyEnd);
    if (field === undefined) continue;
    const stop = set(entry, field, fieldText(bytes, valueStart, valueEnd), false);
    if (stop !== undefined) return stop === 'done' ? 'all' : 'drop';
  }
}

const plainByte = new Uint8Array(256);
for (const c of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_')
  plainByte[c.charCodeAt(0)] = 1;

const isDigit = (c: number): boolean => c >= 0x30 && c <= 0x39;

/** Offset of the next white space. */
function wordEnd(bytes: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && (bytes[at] as number) > 0x20) at++;
  return at;
}

/** Offset of the closing quote; -1 when there is none or an escape before it. */
function quoteEnd(bytes: Buffer, open: number, end: number): number {
  for (let at = open + 1; at < end; at++) {
    const c = bytes[at];
    if (c === 0x22) return at;
    if (c === 0x5c) return -1;
  }
  return -1;
}
