// What a line says about itself: its time and level, by format. The line itself stays as it was written.

import { scanLogfmt } from '../../formats/logfmt-pairs.ts';
import { levelOfField } from '../../formats/logger-levels.ts';
import { levelFields, timeFields } from './field-names.ts';
import { fieldTime, parseJsonLine } from './json-line.ts';
import type { JsonMembers } from './json-members.ts';
import type { TimeReader } from './time-reader.ts';
import type { Instant } from './timestamps.ts';

export type LineFormat = 'auto' | 'pino' | 'json' | 'logfmt' | 'plain' | 'syslog' | 'cri' | 'docker';

export interface ParsedLine {
  /** Undefined: the line tells no time. */
  readonly time: Instant | undefined;
  /** One of Loki's detected levels; undefined: left to ingest's detection. */
  readonly level: string | undefined;
  /** A date and a time where a line has its own, which the store would not accept. */
  readonly refused: Instant | undefined;
}

const nothing: ParsedLine = { time: undefined, level: undefined, refused: undefined };

/** Of longer lines the beginning is parsed: all of it would cost more than a time and a level are worth. */
const parsedCharsMax = 256 * 1024;

/**
 * Time and level of a line in the given format; nothing at all when the line is not of that format. `members`, where a
 * JSON line's members are read anyway.
 */
export function parseLine(
  line: string,
  format: LineFormat,
  reader: TimeReader,
  members?: JsonMembers,
): ParsedLine {
  if (line.length > parsedCharsMax) return parseLine(line.slice(0, parsedCharsMax), format, reader);
  switch (format) {
    case 'pino':
    case 'json':
      return parseJsonLine(line, reader, members) ?? nothing;
    case 'logfmt':
      return parseLogfmt(line, reader) ?? nothing;
    case 'plain':
    case 'syslog':
    case 'cri':
    case 'docker':
      return parsePlain(line, reader);
    case 'auto': {
      const fields = parseJsonLine(line, reader, members) ?? parseLogfmt(line, reader);
      return fields ?? parsePlain(line, reader);
    }
  }
}

function parsePlain(line: string, reader: TimeReader): ParsedLine {
  return (
    parseBeginning(line, reader, undefined) ?? {
      time: reader.bracketed(line),
      level: undefined,
      refused: undefined,
    }
  );
}

/** Undefined: the line begins with no time. */
function parseBeginning(line: string, reader: TimeReader, level: string | undefined): ParsedLine | undefined {
  const found = reader.beginning(line);
  if (!found) return undefined;
  return reader.accepts(found)
    ? { time: found, level, refused: undefined }
    : { time: undefined, level, refused: found };
}

/** A line counts as logfmt when it has a level or time field at its first level. */
function parseLogfmt(line: string, reader: TimeReader): ParsedLine | undefined {
  let time: Instant | undefined;
  let refused: Instant | undefined;
  let level: string | undefined;
  scanLogfmt(line, (key, value) => {
    if (time === undefined && timeFields.includes(key)) {
      const read = fieldTime(value, reader);
      if (read && reader.accepts(read)) time = read;
      else refused ??= read;
    }
    if (level === undefined && levelFields.includes(key.toLowerCase())) level = levelOfField(value);
    return time === undefined || level === undefined;
  });
  if (time === undefined && level === undefined && refused === undefined) return undefined;
  if (time === undefined && refused === undefined)
    return parseBeginning(line, reader, level) ?? { time, level, refused };
  return { time, level, refused: time ? undefined : refused };
}
