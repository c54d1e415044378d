// How log entries look: for people (default), for other tools (raw, jsonl).
import { quoteGo } from '../../go/quote.ts';
import { nsPerMs, splitNs } from '../../model/time.ts';
import type { LabelRecord, LogEntry } from '../client/log-pages.ts';
import { colourOfLevel, paint } from './terminal.ts';

export const outputModes = ['default', 'raw', 'jsonl'] as const;
export const timestampFormats = ['rfc3339', 'rfc3339milli', 'rfc3339nano', 'unix'] as const;

export interface EntryFormat {
  readonly mode: (typeof outputModes)[number];
  readonly timestamps: (typeof timestampFormats)[number];
  /** Times in UTC, otherwise in the machine's zone. */
  readonly utc: boolean;
  readonly colours: boolean;
  readonly noLabels: boolean;
  /** When not empty, only these are shown. */
  readonly includeLabels: readonly string[];
  readonly excludeLabels: readonly string[];
  /** Width of the column of labels; 0: as wide as they are. */
  readonly labelsLength: number;
}

/** One entry with its line feed. `common`: labels said once at the top, left out here. */
export function formatEntry(entry: LogEntry, format: EntryFormat, common: LabelRecord = {}): string {
  switch (format.mode) {
    case 'raw':
      return `${entry.line}\n`;
    case 'jsonl':
      return `${JSON.stringify({
        labels: { ...entry.labels, ...entry.structuredMetadata },
        line: entry.line,
        timestamp: formatTimestamp(entry.timestampNs, 'rfc3339nano', format.utc),
      })}\n`;
    case 'default':
      return forPeople(entry, format, common);
  }
}

function forPeople(entry: LogEntry, format: EntryFormat, common: LabelRecord): string {
  const { colours } = format;
  const level = entry.labels.detected_level ?? entry.labels.level ?? '';
  const time = formatTimestamp(entry.timestampNs, format.timestamps, format.utc);
  const parts = [paint(time, 'dim', colours)];
  if (!format.noLabels) {
    const shown = Object.entries(entry.labels).filter(
      ([name, value]) =>
        common[name] !== value &&
        !format.excludeLabels.includes(name) &&
        (format.includeLabels.length === 0 || format.includeLabels.includes(name)),
    );
    const text = formatLabels(Object.fromEntries(shown));
    parts.push(paint(text.padEnd(format.labelsLength), 'blue', colours));
  }
  parts.push(paint(entry.line, colourOfLevel(level), colours));
  return `${parts.join(' ')}\n`;
}

/** `{a="1", b="2"}`, sorted. */
export function formatLabels(labels: LabelRecord): string {
  const pairs = Object.keys(labels)
    .sort()
    .map((name) => `${name}=${quoteGo(labels[name] ?? '')}`);
  return `{${pairs.join(', ')}}`;
}

/** Labels that all entries have, with the same value. */
export function commonLabels(entries: readonly LogEntry[]): LabelRecord {
  const [first, ...others] = new Set(entries.map(({ labels }) => labels));
  if (first === undefined) return {};
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((labels) => labels[name] === value)),
  );
}

/** RFC3339 with seconds, milliseconds or nanoseconds, or Unix nanoseconds. */
export function formatTimestamp(
  timestampNs: bigint,
  format: (typeof timestampFormats)[number],
  utc: boolean,
): string {
  if (format === 'unix') return String(timestampNs);
  const { seconds, nanos } = splitNs(timestampNs);
  const offsetMinutes = utc ? 0 : -new Date(Number(timestampNs / nsPerMs)).getTimezoneOffset();
  const local = new Date((seconds + offsetMinutes * 60) * 1000).toISOString().slice(0, 19);
  const digits = String(nanos).padStart(9, '0');
  const fraction =
    format === 'rfc3339' ? '' : format === 'rfc3339milli' ? `.${digits.slice(0, 3)}` : trimmed(digits);
  return `${local}${fraction}${zoneText(offsetMinutes)}`;
}

/** As Go's RFC3339Nano: no zeros at the end. */
const trimmed = (digits: string): string => {
  const short = digits.replace(/0+$/, '');
  return short === '' ? '' : `.${short}`;
};

function zoneText(offsetMinutes: number): string {
  if (offsetMinutes === 0) return 'Z';
  const minutes = Math.abs(offsetMinutes);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
