// An entry on its way out of one store and into another, and its two forms in a file.
import type { LabelRecord } from '../client/log-pages.ts';

export interface TransferEntry {
  readonly timestampNs: bigint;
  readonly labels: LabelRecord;
  /** Bytes when they are no UTF-8: JSON has no text for them. */
  readonly line: string | Uint8Array;
  readonly structuredMetadata: LabelRecord;
}

export const exportFormats = ['ndjson', 'push'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** Pushes are cut at this many entries, or characters of lines. */
const pushEntriesMax = 1000;
const pushCharactersMax = 512 * 1024;

/** Text of a file with these entries, in their order, in pieces that end with a line feed. */
export function encodeEntries(
  entries: AsyncIterable<TransferEntry>,
  format: ExportFormat,
): AsyncGenerator<string> {
  return format === 'ndjson' ? asNdjson(entries) : asPushes(entries);
}

/** `{"timestamp":"ns","labels":{…},"line":"…","structuredMetadata":{…}}`, one a line. */
async function* asNdjson(entries: AsyncIterable<TransferEntry>): AsyncGenerator<string> {
  for await (const { timestampNs, labels, line, structuredMetadata } of entries) {
    const text = typeof line === 'string' ? { line } : { lineBase64: Buffer.from(line).toString('base64') };
    const more = Object.keys(structuredMetadata).length === 0 ? {} : { structuredMetadata };
    yield `${JSON.stringify({ timestamp: String(timestampNs), labels, ...text, ...more })}\n`;
  }
}

/** Bodies of `/loki/api/v1/push`, one a line. Bytes that are no UTF-8 become U+FFFD. */
async function* asPushes(entries: AsyncIterable<TransferEntry>): AsyncGenerator<string> {
  for await (const batch of batchesOf(entries)) {
    const streams = batch.map(({ labels, entries: own }) => ({
      stream: labels,
      values: own.map(({ timestampNs, line, structuredMetadata }) => {
        const pair = [String(timestampNs), typeof line === 'string' ? line : Buffer.from(line).toString()];
        return Object.keys(structuredMetadata).length === 0 ? pair : [...pair, structuredMetadata];
      }),
    }));
    yield `${JSON.stringify({ streams })}\n`;
  }
}

/** Entries of one label set, in their order. */
export interface TransferStream {
  readonly labels: LabelRecord;
  readonly entries: TransferEntry[];
}

/** The entries in pushes: grouped by label set, the order within a stream kept. */
export async function* batchesOf(
  entries: AsyncIterable<TransferEntry>,
): AsyncGenerator<readonly TransferStream[]> {
  let streams = new Map<string, TransferStream>();
  let count = 0;
  let characters = 0;
  let lastLabels: LabelRecord | undefined;
  let last: TransferStream | undefined;
  for await (const entry of entries) {
    if (last === undefined || entry.labels !== lastLabels) {
      const key = JSON.stringify(Object.entries(entry.labels).sort());
      last = streams.get(key) ?? { labels: entry.labels, entries: [] };
      streams.set(key, last);
      lastLabels = entry.labels;
    }
    last.entries.push(entry);
    characters += entry.line.length;
    if (++count < pushEntriesMax && characters < pushCharactersMax) continue;
    yield [...streams.values()];
    streams = new Map();
    count = 0;
    characters = 0;
    last = undefined;
  }
  if (count > 0) yield [...streams.values()];
}
