// What a line says about itself: its time and level, by format. The line itself stays as it was written.

import { utc, type Zone } from '../../template/time-zone.ts';
import { levelFields, timeFields } from './field-names.ts';
import { parseJsonLine } from './json-line.ts';
import { levelOfField } from './levels.ts';
import { scanLogfmt } from './logfmt.ts';
import { fieldTime, type Instant, leadingTime } from './timestamps.ts';

export type LineFormat = 'auto' | 'pino' | 'json' | 'logfmt' | 'plain' | 'syslog' | 'cri';

export interface ParsedLine {
  /** Undefined: the line tells no time. */
  readonly time: Instant | undefined;
  /** One of Loki's detected levels; undefined: left to ingest's detection. */
  readonly level: string | undefined;
}

const nothing: ParsedLine = { time: undefined, level: undefined };

/** Longer lines are not parsed: they cost more than a time and a level are worth. */
const parsedBytesMax = 256 * 1024;

/**
 * Time and level of a line in the given format; nothing at all when the line is not of that format. `zone`: of times
 * that name none.
 */
export function parseLine(line: string, format: LineFormat, nowNs: bigint, zone: Zone = utc): ParsedLine {
  if (line.length > parsedBytesMax) return nothing;
  switch (format) {
    case 'pino':
    case 'json':
      return parseJsonLine(line, zone) ?? nothing;
    case 'logfmt':
      return parseLogfmt(line, zone) ?? nothing;
    case 'plain':
    case 'syslog':
    case 'cri':
      return { time: leadingTime(line, nowNs, zone), level: undefined };
    case 'auto':
      return (
        parseJsonLine(line, zone) ??
        parseLogfmt(line, zone) ?? { time: leadingTime(line, nowNs, zone), level: undefined }
      );
  }
}

/** A line counts as logfmt when it has a level or time field at its first level. */
function parseLogfmt(line: string, zone: Zone): ParsedLine | undefined {
  let time: Instant | undefined;
  let level: string | undefined;
  scanLogfmt(line, (key, value) => {
    if (time === undefined && timeFields.includes(key)) time = fieldTime(value, zone);
    if (level === undefined && levelFields.includes(key.toLowerCase())) level = levelOfField(value);
    return time === undefined || level === undefined;
  });
  return time === undefined && level === undefined ? undefined : { time, level };
}
