// Lines of the files that Docker's json-file driver writes: `{"log":"text\n","stream":"stdout","time":"…"}`. Without a
// newline at the end of the text it goes on in the next line of its stream.

import { JsonMembers, type LoadedBlock, valueKinds } from './json-members.ts';
import { type FoundTime, isoTime } from './timestamps.ts';

export interface DockerLine {
  readonly time: FoundTime;
  readonly stream: 'stdout' | 'stderr';
  /** True: the line goes on in the next one of its stream. */
  readonly partial: boolean;
  readonly text: string;
}

/** As {@link DockerLine}, read in a block of lines. */
export interface LoadedDockerLine {
  readonly time: FoundTime;
  readonly stream: 'stdout' | 'stderr';
  readonly partial: boolean;
  /** The text, where it is written with escapes; undefined: it stands in the block. */
  readonly text: string | undefined;
  /** Where the text's bytes stand in the block. */
  readonly textStart: number;
  readonly textEnd: number;
}

const names = ['log', 'stream', 'time'];
const [logName, streamName, timeName] = [0, 1, 2];
/** Of the thread: what it has read is asked for at once. */
const members = new JsonMembers(names);

/** Undefined when the line is not of that form. */
export function parseDockerLine(line: string): DockerLine | undefined {
  if (!line.startsWith('{')) return undefined;
  if (members.read(line)) return lineOf(textOf(logName), textOf(streamName), textOf(timeName));
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { log, stream, time } = value as Readonly<Record<string, unknown>>;
  return lineOf(log, stream, time);
}

/**
 * As `parseDockerLine`, of the line `[start, end)` of a block; undefined also where `parseDockerLine` may find more in
 * the line's text.
 */
export function parseLoadedDockerLine(
  block: LoadedBlock,
  start: number,
  end: number,
): LoadedDockerLine | undefined {
  if (!members.readLoaded(undefined, block, start, end)) return undefined;
  const log = members.findKnown(logName);
  const stream = streamOf(textOf(streamName));
  const written = textOf(timeName);
  const time = written === undefined ? undefined : isoTime(written);
  if (log < 0 || !stream || !time) return undefined;
  const kind = members.kind(log);
  const textStart = members.valueStart(log) + 1;
  const textEnd = members.valueEnd(log) - 1;
  if (kind === valueKinds.text) return { time, stream, partial: true, text: undefined, textStart, textEnd };
  if (kind !== valueKinds.escapedText) return undefined;
  const escapeAt = members.escapeStart(log);
  if (isLineEnd(block.text, escapeAt, textEnd))
    return { time, stream, partial: false, text: undefined, textStart, textEnd: escapeAt };
  const text = JSON.parse(members.value(log)) as string;
  return { time, stream, partial: isPartial(text), text: withoutLineEnd(text), textStart, textEnd };
}

/** What is left of the text is its line's end as it is written. */
const isLineEnd = (text: string, from: number, end: number): boolean =>
  (from + 2 === end && text.startsWith('\\n', from)) || (from + 4 === end && text.startsWith('\\r\\n', from));

const isPartial = (log: string): boolean => !log.endsWith('\n');
const withoutLineEnd = (log: string): string => {
  if (isPartial(log)) return log;
  return log.slice(0, log.endsWith('\r\n') ? -2 : -1);
};

const streamOf = (stream: unknown): 'stdout' | 'stderr' | undefined =>
  stream === 'stdout' || stream === 'stderr' ? stream : undefined;

function lineOf(log: unknown, stream: unknown, time: unknown): DockerLine | undefined {
  if (typeof log !== 'string' || typeof time !== 'string') return undefined;
  const of = streamOf(stream);
  const found = isoTime(time);
  return of && found && { time: found, stream: of, partial: isPartial(log), text: withoutLineEnd(log) };
}

/** The text of the last member of a name; undefined when there is none, or it is no text. */
function textOf(name: number): string | undefined {
  const member = members.findKnown(name);
  if (member < 0) return undefined;
  const kind = members.kind(member);
  if (kind === valueKinds.text) return members.textValue(member);
  return kind === valueKinds.escapedText ? (JSON.parse(members.value(member)) as string) : undefined;
}
