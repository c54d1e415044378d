// Log entries as the bytes of an answer: rendered where they were found, joined on the main thread.

import { labelText } from '../../go/label-text.ts';
import type { Labels } from '../../model/labels.ts';
import { labelsToRecord } from '../../model/labels.ts';
import { joinNs } from '../../model/time.ts';
import { type EntryLabels, mergedLabels } from '../../pipeline/pipeline.ts';
import type { LogPart, ScanCounts } from '../../store/scan-task.ts';
import type { RankedEntry } from './entry-heap.ts';

/**
 * Renders entries that stand in the answer's order. An entry is `["<ns>","<line>"]`, and with categorised labels
 * `["<ns>","<line>",{"structuredMetadata":{…},"parsed":{…}}]`.
 */
export function renderEntries(
  entries: readonly RankedEntry[],
  categorizeLabels: boolean,
  counts: ScanCounts,
): { part: LogPart; transfer: ArrayBuffer[] } {
  const n = entries.length;
  const seconds = new Float64Array(n);
  const nanos = new Uint32Array(n);
  const streamOrder = new Float64Array(n);
  const group = new Uint32Array(n);
  const rowEnds = new Float64Array(n);
  const groups = new ResultGroups(categorizeLabels);
  let bytes = Buffer.allocUnsafeSlow(64 * 1024);
  let at = 0;
  for (let i = 0; i < n; i++) {
    const entry = entries[i] as RankedEntry;
    seconds[i] = entry.seconds;
    nanos[i] = entry.nanos;
    streamOrder[i] = entry.streamOrder;
    group[i] = groups.indexOf(entry.labels);
    const row = `["${joinNs(entry.seconds, entry.nanos)}",${JSON.stringify(entry.line)}${groups.third(entry.labels)}]`;
    // A UTF-16 unit is at most three bytes of UTF-8.
    if (at + row.length * 3 > bytes.length) bytes = grow(bytes, at, row.length * 3);
    at += bytes.write(row, at);
    rowEnds[i] = at;
  }
  const used = bytes.buffer.slice(0, at);
  return {
    part: {
      kind: 'logs',
      seconds,
      nanos,
      streamOrder,
      group,
      groupTexts: groups.texts,
      groupJson: groups.json,
      rowEnds,
      bytes: new Uint8Array(used),
      counts,
      memoryBytes: at + 32 * n,
    },
    transfer: [used, seconds.buffer, nanos.buffer, streamOrder.buffer, group.buffer, rowEnds.buffer],
  };
}

function grow(bytes: Buffer<ArrayBuffer>, used: number, more: number): Buffer<ArrayBuffer> {
  const larger = Buffer.allocUnsafeSlow(Math.max(bytes.length * 2, used + more));
  bytes.copy(larger, 0, 0, used);
  return larger;
}

/** The result streams: by stream labels alone when labels are categorised, else by all labels. */
class ResultGroups {
  readonly texts: string[] = [];
  readonly json: string[] = [];
  readonly #categorized: boolean;
  readonly #byKey = new Map<string, number>();
  readonly #byText = new Map<string, number>();
  readonly #thirds = new Map<string, string>();

  constructor(categorized: boolean) {
    this.#categorized = categorized;
  }

  indexOf(labels: EntryLabels): number {
    const known = this.#byKey.get(labels.key);
    if (known !== undefined) return known;
    const shown = this.#categorized ? labels.stream : mergedLabels(labels);
    const text = labelText(shown);
    let index = this.#byText.get(text);
    if (index === undefined) {
      index = this.texts.push(text) - 1;
      this.json.push(JSON.stringify(labelsToRecord(shown)));
      this.#byText.set(text, index);
    }
    this.#byKey.set(labels.key, index);
    return index;
  }

  /** What follows the line in an entry. */
  third(labels: EntryLabels): string {
    if (!this.#categorized) return '';
    let text = this.#thirds.get(labels.key);
    if (text === undefined) {
      const parts: string[] = [];
      if (labels.structuredMetadata.length > 0)
        parts.push(field('structuredMetadata', labels.structuredMetadata));
      if (labels.parsed.length > 0) parts.push(field('parsed', labels.parsed));
      text = `,{${parts.join(',')}}`;
      this.#thirds.set(labels.key, text);
    }
    return text;
  }
}

const field = (name: string, labels: Labels): string => `"${name}":${JSON.stringify(labelsToRecord(labels))}`;
