// A frame of a live tail: `{"streams":[{"stream":{…},"values":[["<ns>","<line>"]…]}…],"dropped_entries":[…]}`.
import { type Labels, labelsToRecord } from '../model/labels.ts';
import { type EntryLabels, mergedLabels } from '../pipeline/pipeline.ts';

export interface TailEntry {
  readonly timestampNs: bigint;
  readonly line: string;
  readonly labels: EntryLabels;
}

/** An entry the client will not get. */
export interface DroppedEntry {
  readonly timestampNs: bigint;
  readonly labels: Labels;
}

const utf8 = new TextEncoder();

/**
 * Renders a frame, in memory of its own; streams are in the order of their first entry, entries as given.
 */
export function renderFrame(
  entries: readonly TailEntry[],
  dropped: readonly DroppedEntry[],
  categorizeLabels: boolean,
): Uint8Array<ArrayBuffer> {
  const streams = new Map<string, string[]>();
  const heads = new Map<string, string>();
  for (const { timestampNs, line, labels } of entries) {
    let head = heads.get(labels.key);
    if (head === undefined) {
      head = JSON.stringify(labelsToRecord(categorizeLabels ? labels.stream : mergedLabels(labels)));
      heads.set(labels.key, head);
    }
    const third = categorizeLabels ? `,${categories(labels)}` : '';
    const value = `["${timestampNs}",${JSON.stringify(line)}${third}]`;
    const values = streams.get(head);
    if (values === undefined) streams.set(head, [value]);
    else values.push(value);
  }
  const parts = [...streams].map(([head, values]) => `{"stream":${head},"values":[${values.join(',')}]}`);
  let text = `{"streams":[${parts.join(',')}]`;
  if (dropped.length > 0) text += `,"dropped_entries":${JSON.stringify(dropped.map(droppedJson))}`;
  if (categorizeLabels) text += ',"encodingFlags":["categorize-labels"]';
  return utf8.encode(`${text}}`);
}

const droppedJson = ({ timestampNs, labels }: DroppedEntry): object => ({
  timestamp: String(timestampNs),
  labels: labelsToRecord(labels),
});

function categories({ structuredMetadata, parsed }: EntryLabels): string {
  const shown: Record<string, Record<string, string>> = {};
  if (structuredMetadata.length > 0) shown.structuredMetadata = labelsToRecord(structuredMetadata);
  if (parsed.length > 0) shown.parsed = labelsToRecord(parsed);
  return JSON.stringify(shown);
}
