// Settings of how lines are read, shared by the sources that have lines: format, time, entries of several lines.
import type { AcceptedTimes } from '../collectors/parse/time-reader.ts';
import type { ParseSettings } from '../collectors/settings.ts';
import { setting } from './section.ts';
import { duration, number, oneOf, type SettingType, text } from './setting-types.ts';
import { zoneName } from './stages-schema.ts';

export const lineFormat = oneOf('auto', 'pino', 'json', 'logfmt', 'plain', 'syslog', 'cri', 'docker');
export const timestampFrom = oneOf('source', 'line');
const lines = number(1, 100_000);

export const multilineMembers = {
  multiline_first_line: setting(text, ''),
  multiline_lines_max: setting(lines, 128),
  multiline_wait: setting(duration, 3000),
};

/** An IANA name; empty: the machine's. */
export const timezone: SettingType<string> = {
  expected: 'a time zone such as Europe/Berlin, or nothing for that of the machine',
  parse: (value) => (typeof value === 'string' && zoneName.safeParse(value).success ? value : undefined),
  print: (value) => value,
};

interface ParseValues {
  readonly format: ParseSettings['format'];
  readonly timestamp: ParseSettings['timestamp'];
  readonly timezone: string;
  readonly multiline_first_line: string;
}
interface MultilineValues {
  readonly multiline_lines_max: number;
  readonly multiline_wait: number;
}

export const parseSettings = (
  values: ParseValues,
  multiline: MultilineValues,
  accepted: AcceptedTimes,
): ParseSettings => ({
  format: values.format,
  timestamp: values.timestamp,
  zone: values.timezone,
  accepted,
  multiline:
    values.multiline_first_line === ''
      ? undefined
      : {
          firstLine: values.multiline_first_line,
          linesMax: multiline.multiline_lines_max,
          waitMs: multiline.multiline_wait,
        },
});
