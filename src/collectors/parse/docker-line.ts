// Lines of the files that Docker's json-file driver writes: `{"log":"text\n","stream":"stdout","time":"…"}`. Without a
// newline at the end of the text it goes on in the next line of its stream.

import { type FoundTime, isoTime } from './timestamps.ts';

export interface DockerLine {
  readonly time: FoundTime;
  readonly stream: 'stdout' | 'stderr';
  /** True: the line goes on in the next one of its stream. */
  readonly partial: boolean;
  readonly text: string;
}

/** Undefined when the line is not of that form. */
export function parseDockerLine(line: string): DockerLine | undefined {
  if (!line.startsWith('{')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { log, stream, time } = value as {
    readonly log?: unknown;
    readonly stream?: unknown;
    readonly time?: unknown;
  };
  if (typeof log !== 'string' || typeof time !== 'string') return undefined;
  if (stream !== 'stdout' && stream !== 'stderr') return undefined;
  const found = isoTime(time);
  if (!found) return undefined;
  return { time: found, stream, partial: !log.endsWith('\n'), text: log.replace(/\r?\n$/, '') };
}
