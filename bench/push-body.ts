// Push requests (protobuf, snappy) from corpus batches, as Promtail and Alloy send them: entries grouped by stream.
import { compress } from 'snappyjs';
import type { Labels } from '../src/model/labels.ts';
import type { Corpus, CorpusBatch } from './corpus.ts';

export interface PushBody {
  /** Ready to POST with content type application/x-protobuf. */
  readonly body: Buffer;
  readonly entries: number;
  readonly lineBytes: number;
}

/** One body for each batch of the corpus: about its batchBytes of lines. */
export function* pushBodies(corpus: Corpus): Generator<PushBody, void, void> {
  const encode = bodyEncoder(corpus);
  for (const batch of corpus.batches()) yield encode(batch);
}

/** Encodes batches of this corpus. */
export function bodyEncoder(corpus: Corpus): (batch: CorpusBatch) => PushBody {
  const labels = corpus.streams.map((stream) => Buffer.from(selectorText(stream.labels)));
  return (batch) => {
    const message = pushRequest(batch, labels);
    const body = Buffer.from(compress(new Uint8Array(message.buffer, message.byteOffset, message.length)));
    return { body, entries: batch.count, lineBytes: batch.lineBytes };
  };
}

export function selectorText(labels: Labels): string {
  return `{${labels.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`;
}

const entryOverheadMax = 40;

/** logproto.PushRequest: streams = 1 { labels = 1, entries = 2 { timestamp = 1 { seconds = 1, nanos = 2 }, line = 2 } }. */
function pushRequest(batch: CorpusBatch, labels: readonly Buffer[]): Buffer {
  const order = byStream(batch, labels.length);
  const out = Buffer.allocUnsafe(
    batch.lineBytes +
      batch.count * entryOverheadMax +
      labels.reduce((sum, text) => sum + text.length + 20, 0),
  );
  let at = 0;
  for (let from = 0; from < order.length; ) {
    const stream = batch.stream[order[from] as number] as number;
    let until = from;
    let entriesBytes = 0;
    while (until < order.length && batch.stream[order[until] as number] === stream) {
      const bytes = entryBytes(batch, order[until] as number);
      entriesBytes += 1 + varintBytes(bytes) + bytes;
      until++;
    }
    const label = labels[stream] as Buffer;
    at = writeTag(out, at, 0x0a, 1 + varintBytes(label.length) + label.length + entriesBytes);
    at = writeTag(out, at, 0x0a, label.length);
    out.set(label, at);
    at += label.length;
    for (; from < until; from++) at = writeEntry(out, at, batch, order[from] as number);
  }
  return out.subarray(0, at);
}

/** Indices of entries, grouped by stream, within a stream in order of time. */
function byStream(batch: CorpusBatch, streams: number): Uint32Array {
  const next = new Uint32Array(streams + 1);
  for (let i = 0; i < batch.count; i++)
    next[(batch.stream[i] as number) + 1] = (next[(batch.stream[i] as number) + 1] as number) + 1;
  for (let s = 1; s <= streams; s++) next[s] = (next[s] as number) + (next[s - 1] as number);
  const order = new Uint32Array(batch.count);
  for (let i = 0; i < batch.count; i++) {
    const stream = batch.stream[i] as number;
    const place = next[stream] as number;
    order[place] = i;
    next[stream] = place + 1;
  }
  return order;
}

function timestampBytes(batch: CorpusBatch, i: number): number {
  return 2 + varintBytes(batch.seconds[i] as number) + varintBytes(batch.nanos[i] as number);
}

function entryBytes(batch: CorpusBatch, i: number): number {
  const line = (batch.lineEnd[i] as number) - (batch.lineStart[i] as number);
  return 2 + timestampBytes(batch, i) + 1 + varintBytes(line) + line;
}

function writeEntry(out: Buffer, start: number, batch: CorpusBatch, i: number): number {
  let at = writeTag(out, start, 0x12, entryBytes(batch, i));
  at = writeTag(out, at, 0x0a, timestampBytes(batch, i));
  at = writeTag(out, at, 0x08, batch.seconds[i] as number);
  at = writeTag(out, at, 0x10, batch.nanos[i] as number);
  const from = batch.lineStart[i] as number;
  const until = batch.lineEnd[i] as number;
  at = writeTag(out, at, 0x12, until - from);
  batch.bytes.copy(out, at, from, until);
  return at + until - from;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

/** A tag byte and the varint after it. */
function writeTag(out: Buffer, start: number, tag: number, value: number): number {
  let at = start;
  out[at++] = tag;
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out[at++] = (rest % 128) | 0x80;
  out[at++] = rest;
  return at;
}
