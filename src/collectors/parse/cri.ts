// CRI's container log lines: `2026-11-24T15:04:05.123456789Z stdout F text`; P marks a piece of a longer line.

import { type FoundTime, isoTime } from './timestamps.ts';

export interface CriLine {
  readonly time: FoundTime;
  readonly stream: 'stdout' | 'stderr';
  /** True: the line goes on in the next one of its stream. */
  readonly partial: boolean;
  /** Offset of the text: the rest of the line. */
  readonly textStart: number;
}

const space = 32;
const colon = 58;
const upperF = 70;
const upperP = 80;

/** Undefined when the line is not CRI's. */
export function parseCri(line: string): CriLine | undefined {
  const time = isoTime(line);
  if (!time) return undefined;
  const isStdout = line.startsWith(' stdout ', time.end);
  if (!isStdout && !line.startsWith(' stderr ', time.end)) return undefined;
  const tagAt = time.end + ' stdout '.length;
  const tag = line.charCodeAt(tagAt);
  if (tag !== upperF && tag !== upperP) return undefined;
  const stream = isStdout ? 'stdout' : 'stderr';
  const partial = tag === upperP;
  const behind = tagAt + 1;
  if (line.charCodeAt(behind) === space) return { time, stream, partial, textStart: behind + 1 };
  // Further tags may follow behind a colon.
  if (behind < line.length && line.charCodeAt(behind) !== colon) return undefined;
  const tagEnd = line.indexOf(' ', behind);
  return { time, stream, partial, textStart: tagEnd < 0 ? line.length : tagEnd + 1 };
}
