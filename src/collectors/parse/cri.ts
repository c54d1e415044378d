// CRI's container log lines: `2026-11-24T15:04:05.123456789Z stdout F text`; P marks a piece of a longer line.

import { type FoundTime, isoTime } from './timestamps.ts';

export interface CriLine {
  readonly time: FoundTime;
  readonly stream: 'stdout' | 'stderr';
  /** True: the line goes on in the next one of its stream. */
  readonly partial: boolean;
  /** Where the text begins, which is the rest of the line. */
  readonly textStart: number;
}

const space = 32;
const colon = 58;
const upperF = 70;
const upperP = 80;

/** Undefined when the line `text[start, end)` is not CRI's. */
export function parseCri(text: string, start = 0, end = text.length): CriLine | undefined {
  const time = isoTime(text, start);
  if (!time) return undefined;
  const isStdout = text.startsWith(' stdout ', time.end);
  if (!isStdout && !text.startsWith(' stderr ', time.end)) return undefined;
  const tagAt = time.end + ' stdout '.length;
  const tag = text.charCodeAt(tagAt);
  if (tagAt >= end || (tag !== upperF && tag !== upperP)) return undefined;
  const stream = isStdout ? 'stdout' : 'stderr';
  const partial = tag === upperP;
  const behind = tagAt + 1;
  if (behind < end && text.charCodeAt(behind) === space)
    return { time, stream, partial, textStart: behind + 1 };
  // Further tags may follow behind a colon.
  if (behind < end && text.charCodeAt(behind) !== colon) return undefined;
  const tagEnd = text.indexOf(' ', behind);
  return { time, stream, partial, textStart: tagEnd < 0 || tagEnd >= end ? end : tagEnd + 1 };
}
