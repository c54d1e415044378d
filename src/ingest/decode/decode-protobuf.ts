// Push bodies in protobuf (proto/logproto.proto), walked in place: lines stay ranges of the body.

import type { PushColumns } from '../entries/push-columns.ts';
import type { PushStream, PushStreams } from '../entries/push-stream.ts';
import type { IngestLimits } from '../limits/limits.ts';
import { badRequest, type PushError } from '../limits/push-error.ts';
import { parseLabelSet } from './parse-label-set.ts';
import { labelsKeptMax } from './sent-labels.ts';

export interface DecodeContext {
  readonly tenant: string;
  readonly limits: IngestLimits;
  readonly streams: PushStreams;
  /** Unix ns, for entries without a time of their own (OTLP). */
  readonly receivedNs: bigint;
}

const unexpectedEnd = (): PushError => badRequest('unexpected EOF');

/**
 * Writes the entries of a PushRequest to `columns` (reset to `bytes` here). Throws PushError 400 for bytes that are no
 * PushRequest and for labels that are no label set.
 */
export function decodeProtobuf(bytes: Buffer, columns: PushColumns, context: DecodeContext): void {
  columns.reset(bytes, context.limits);
  const walker = new PushWalker(bytes, columns, context);
  walker.request();
}

class PushWalker {
  readonly #bytes: Buffer;
  readonly #columns: PushColumns;
  readonly #context: DecodeContext;
  readonly #discover: boolean;
  #at = 0;
  // Time of the entry being read.
  #seconds = 0;
  #nanos = 0;

  constructor(bytes: Buffer, columns: PushColumns, context: DecodeContext) {
    this.#bytes = bytes;
    this.#columns = columns;
    this.#context = context;
    this.#discover = context.limits.discoverLogLevels;
  }

  request(): void {
    const end = this.#bytes.length;
    while (this.#at < end) {
      const tag = this.#varint(end);
      if (tag === 10) {
        const stop = this.#message(end);
        this.#stream(this.#at, stop);
        this.#at = stop;
      } else this.#skip(tag, end, 'PushRequest', 1);
    }
  }

  /** Labels may come after entries (or twice, the last one counts): found first, then the entries are read. */
  #stream(start: number, end: number): void {
    let labelsStart = start;
    let labelsEnd = start;
    let entries = 0;
    this.#at = start;
    while (this.#at < end) {
      const tag = this.#varint(end);
      if (tag === 10) {
        labelsEnd = this.#message(end);
        labelsStart = this.#at;
        this.#at = labelsEnd;
      } else if (tag === 18) {
        this.#at = this.#message(end);
        entries++;
      } else if (tag === 24) this.#varint(end);
      else this.#skip(tag, end, 'Stream', 2);
    }
    const target = this.#columns.addStream(this.#resolve(labelsStart, labelsEnd));
    if (entries === 0) return;
    this.#at = start;
    while (this.#at < end) {
      const tag = this.#varint(end);
      if (tag === 18) {
        const stop = this.#message(end);
        this.#entry(target, this.#at, stop);
        this.#at = stop;
      } else this.#skip(tag, end, 'Stream', 0);
    }
  }

  #resolve(start: number, end: number): PushStream {
    const { tenant, limits, streams } = this.#context;
    const key = this.#bytes.toString('latin1', start, end);
    const known = streams.known(tenant, key);
    if (known !== undefined) return known;
    return streams.resolve(
      tenant,
      key,
      parseLabelSet(this.#bytes.toString('utf8', start, end), labelsKeptMax(limits)),
      limits,
      this.#columns.isSaturated,
    );
  }

  #entry(target: number, start: number, end: number): void {
    this.#columns.entryMetadata.begin();
    this.#at = start;
    this.#seconds = Number.NaN;
    this.#nanos = 0;
    let lineStart = start;
    let lineEnd = start;
    while (this.#at < end) {
      const tag = this.#varint(end);
      if (tag === 10) {
        const stop = this.#message(end);
        this.#timestamp(this.#at, stop);
        this.#at = stop;
      } else if (tag === 18) {
        lineEnd = this.#message(end);
        lineStart = this.#at;
        this.#at = lineEnd;
      } else if (tag === 26) {
        const stop = this.#message(end);
        this.#pair(this.#at, stop);
        this.#at = stop;
      } else this.#skip(tag, end, 'EntryAdapter', 3);
    }
    if (Number.isNaN(this.#seconds)) throw badRequest('entry without a timestamp');
    this.#columns.add(target, this.#seconds, this.#nanos, lineStart, lineEnd, this.#discover);
  }

  #timestamp(start: number, end: number): void {
    this.#at = start;
    let seconds = 0;
    let nanos = 0;
    while (this.#at < end) {
      const tag = this.#varint(end);
      if (tag === 8) seconds = this.#int64(end);
      else if (tag === 16) nanos = this.#int64(end) | 0;
      else this.#skip(tag, end, 'Timestamp', 2);
    }
    // The range of google.protobuf.Timestamp: years 1 to 9999.
    if (seconds < -62_135_596_800 || seconds >= 253_402_300_800) {
      throw badRequest(`timestamp: seconds ${seconds} are outside the years 1 to 9999`);
    }
    if (nanos < 0 || nanos > 999_999_999) throw badRequest(`timestamp: nanos ${nanos} not in [0, 1e9)`);
    this.#seconds = seconds;
    this.#nanos = nanos;
  }

  #pair(start: number, end: number): void {
    this.#at = start;
    let nameStart = start;
    let nameEnd = start;
    let valueStart = start;
    let valueEnd = start;
    while (this.#at < end) {
      const tag = this.#varint(end);
      if (tag === 10) {
        nameEnd = this.#message(end);
        nameStart = this.#at;
        this.#at = nameEnd;
      } else if (tag === 18) {
        valueEnd = this.#message(end);
        valueStart = this.#at;
        this.#at = valueEnd;
      } else this.#skip(tag, end, 'LabelPairAdapter', 2);
    }
    this.#columns.entryMetadata.pairBytes(this.#bytes, nameStart, nameEnd, valueStart, valueEnd);
  }

  // ---- wire --------------------------------------------------------------------------------

  /** A varint below 2^53; larger ones lose low bits, which only `hash` and skipped fields have. */
  #varint(end: number): number {
    const bytes = this.#bytes;
    let at = this.#at;
    if (at >= end) throw unexpectedEnd();
    let byte = bytes[at++] as number;
    if (byte < 0x80) {
      this.#at = at;
      return byte;
    }
    let value = byte & 0x7f;
    let scale = 128;
    for (let i = 1; i < 10; i++) {
      if (at >= end) throw unexpectedEnd();
      byte = bytes[at++] as number;
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) {
        this.#at = at;
        return value;
      }
    }
    throw badRequest('proto: integer overflow');
  }

  /** An int64 as a number, exact below 2^53. */
  #int64(end: number): number {
    const start = this.#at;
    const value = this.#varint(end);
    if (value < 2 ** 53) return value;
    let exact = 0n;
    for (let at = this.#at - 1; at >= start; at--)
      exact = (exact << 7n) | BigInt((this.#bytes[at] as number) & 0x7f);
    return Number(BigInt.asIntN(64, exact));
  }

  /** Reads a length and answers where the message ends; it starts at the walker's place. */
  #message(end: number): number {
    const length = this.#varint(end);
    const stop = this.#at + length;
    if (stop > end) throw unexpectedEnd();
    return stop;
  }

  /** Skips an unknown field; a known one (number up to `known`) with another wire type is an error. */
  #skip(tag: number, end: number, message: string, known: number): void {
    const field = Math.floor(tag / 8);
    const wireType = tag % 8;
    if (wireType === 4) throw badRequest(`proto: ${message}: wiretype end group for non-group`);
    if (field <= 0) throw badRequest(`proto: ${message}: illegal tag ${field} (wire type ${wireType})`);
    if (field <= known) {
      throw badRequest(`proto: wrong wireType = ${wireType} for field ${field} of ${message}`);
    }
    switch (wireType) {
      case 0:
        this.#varint(end);
        return;
      case 1:
        this.#at += 8;
        break;
      case 2:
        this.#at = this.#message(end);
        return;
      case 5:
        this.#at += 4;
        break;
      default:
        throw badRequest(`proto: illegal wireType ${wireType}`);
    }
    if (this.#at > end) throw unexpectedEnd();
  }
}
