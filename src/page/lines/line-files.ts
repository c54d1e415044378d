// Entries as the text of a file: plain lines, JSON lines, CSV.
import type { Entry } from '../gateway/entry.ts';

export const fileKinds = ['text', 'json', 'csv'] as const;
export type FileKind = (typeof fileKinds)[number];

export const fileTypes: Readonly<
  Record<FileKind, { readonly ending: string; readonly type: string; readonly title: string }>
> = {
  text: { ending: 'log', type: 'text/plain', title: 'Text' },
  json: { ending: 'jsonl', type: 'application/jsonl', title: 'JSON lines' },
  csv: { ending: 'csv', type: 'text/csv', title: 'CSV' },
};

/** The first line of the file; '' for none. */
export const fileHead = (kind: FileKind, columns: readonly string[]): string =>
  kind === 'csv' ? csvRow(['time', 'timestamp_ns', ...columns, 'labels', 'line']) : '';

export function fileRow(kind: FileKind, entry: Entry, columns: readonly string[]): string {
  const { timestampNs, line, stream, metadata, parsed } = entry;
  const labels = { ...stream, ...metadata, ...parsed };
  switch (kind) {
    case 'text':
      return `${line}\n`;
    case 'json':
      return `${JSON.stringify({ timestamp: isoNs(timestampNs), timestampNs, labels, line })}\n`;
    case 'csv': {
      const values = columns.map((name) => labels[name] ?? '');
      return csvRow([isoNs(timestampNs), timestampNs, ...values, JSON.stringify(labels), line]);
    }
  }
}

/** RFC 3339 with all nine digits. */
export function isoNs(timestampNs: string): string {
  const ns = timestampNs.padStart(10, '0');
  const at = new Date(Number(ns.slice(0, -9)) * 1000);
  return `${at.toISOString().slice(0, 19)}.${ns.slice(-9)}Z`;
}

/** Spreadsheets read `=…` as a formula: what comes from a log never is one. */
const csvRow = (cells: readonly string[]): string =>
  `${cells
    .map((cell) => {
      const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
      return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
    })
    .join(',')}\r\n`;
