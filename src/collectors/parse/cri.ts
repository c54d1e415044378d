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

/** Undefined when the line is not CRI's. */
export function parseCri(line: string): CriLine | undefined {
  const time = isoTime(line);
  if (!time || line[time.end] !== ' ') return undefined;
  const streamEnd = line.indexOf(' ', time.end + 1);
  const stream = line.slice(time.end + 1, streamEnd);
  if (stream !== 'stdout' && stream !== 'stderr') return undefined;
  const tagEnd = line.indexOf(' ', streamEnd + 1);
  // Further tags may follow behind a colon.
  const tag = line[streamEnd + 1];
  const behind = line[streamEnd + 2] ?? ' ';
  if ((tag !== 'F' && tag !== 'P') || (behind !== ' ' && behind !== ':')) return undefined;
  return {
    time,
    stream,
    partial: tag === 'P',
    textStart: tagEnd < 0 ? line.length : tagEnd + 1,
  };
}
