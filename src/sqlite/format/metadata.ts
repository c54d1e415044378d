// The meta column: structured metadata of the entries, as a dictionary with references when entries share it, else
// plain.
import { type BlockColumns, blockEntriesMax, blockMetadataBytesMax, type DecodedMetadata } from './block.ts';
import { type Codec, codecIds } from './codec.ts';
import { columnHeaderBytes, corrupt, openColumn, sealColumn } from './column.ts';
import { VarintReader, writeVarint } from './varint.ts';

/** Header, payload size, values, entries. */
const headerBytes = columnHeaderBytes + 12;
/** A dictionary is given up when more than half of the first this many entries, or of all, are distinct. */
const sampleEntries = 256;
/** Varints of lengths and references are below 2^28. */
const varintBytesMax = 4;

/** Empty when no entry has metadata. `metadataRaw` is their sum of bytes. */
export function encodeMetadataColumn(
  columns: BlockColumns,
  metadataRaw: number,
  codec: Codec,
  level: number,
): Buffer {
  if (metadataRaw === 0) return Buffer.alloc(0);
  const dictionary = collect(columns);
  const payload =
    dictionary === undefined ? plainPayload(columns, metadataRaw) : dictionaryPayload(dictionary);
  const packed = codec.compress(payload, level);
  const stored = packed ?? payload;
  const column = Buffer.allocUnsafe(headerBytes + stored.length);
  column.writeUInt32LE(payload.length, columnHeaderBytes);
  column.writeUInt32LE(dictionary?.starts.length ?? columns.count, columnHeaderBytes + 4);
  column.writeUInt32LE(columns.count, columnHeaderBytes + 8);
  column.set(stored, headerBytes);
  return sealColumn(column, {
    kind: 'meta',
    codec: packed === undefined ? codecIds.plain : codecIds.zstd,
    detail: dictionary === undefined ? 0 : 1,
  });
}

interface Dictionary {
  readonly bytes: Uint8Array;
  /** Ranges of the distinct values, by first occurrence. */
  readonly starts: number[];
  readonly ends: number[];
  readonly references: Uint32Array;
}

function collect(columns: BlockColumns): Dictionary | undefined {
  const { count, metadataBytes, metadataStarts, metadataEnds } = columns;
  const bytes = Buffer.from(metadataBytes.buffer, metadataBytes.byteOffset, metadataBytes.length);
  const known = new Map<string, number>();
  const starts: number[] = [];
  const ends: number[] = [];
  const references = new Uint32Array(count);
  let reference = 0;
  for (let i = 0; i < count; i++) {
    const start = metadataStarts[i] as number;
    const end = metadataEnds[i] as number;
    if (i > 0 && sameBytes(bytes, start, end, starts[reference] as number, ends[reference] as number)) {
      references[i] = reference;
      continue;
    }
    const key = bytes.toString('latin1', start, end);
    const found = known.get(key);
    if (found === undefined) {
      reference = starts.length;
      known.set(key, reference);
      starts.push(start);
      ends.push(end);
      if (
        starts.length > 1 &&
        starts.length * 2 > (i < sampleEntries ? Math.min(count, sampleEntries) : count)
      ) {
        return undefined;
      }
    } else {
      reference = found;
    }
    references[i] = reference;
  }
  return { bytes, starts, ends, references };
}

function sameBytes(bytes: Uint8Array, start: number, end: number, start2: number, end2: number): boolean {
  if (start === start2 && end === end2) return true;
  const length = end - start;
  if (length !== end2 - start2) return false;
  // Ids differ near the end: metadata is sorted by name and "trace_id" comes late.
  for (let i = length - 1; i >= 0; i--) if (bytes[start + i] !== bytes[start2 + i]) return false;
  return true;
}

function dictionaryPayload({ bytes, starts, ends, references }: Dictionary): Uint8Array {
  let room = (starts.length + references.length) * varintBytesMax;
  for (let i = 0; i < starts.length; i++) room += (ends[i] as number) - (starts[i] as number);
  const out = new Uint8Array(room);
  let at = 0;
  for (let i = 0; i < starts.length; i++) {
    at = writeVarint(out, at, (ends[i] as number) - (starts[i] as number));
  }
  for (const reference of references) at = writeVarint(out, at, reference);
  for (let i = 0; i < starts.length; i++) {
    out.set(bytes.subarray(starts[i], ends[i]), at);
    at += (ends[i] as number) - (starts[i] as number);
  }
  return out.subarray(0, at);
}

function plainPayload(columns: BlockColumns, metadataRaw: number): Uint8Array {
  const { count, metadataBytes, metadataStarts, metadataEnds } = columns;
  const out = new Uint8Array(metadataRaw + count * varintBytesMax);
  let at = 0;
  for (let i = 0; i < count; i++) {
    at = writeVarint(out, at, (metadataEnds[i] as number) - (metadataStarts[i] as number));
  }
  for (let i = 0; i < count; ) {
    const start = metadataStarts[i] as number;
    let end = metadataEnds[i] as number;
    // Neighbours that lie one after the other are copied at once.
    for (i++; i < count && metadataStarts[i] === end; i++) end = metadataEnds[i] as number;
    out.set(metadataBytes.subarray(start, end), at);
    at += end - start;
  }
  return out.subarray(0, at);
}

/** Memory for decoded metadata, kept by a decoder. */
export class MetadataDecoder {
  private payload = new Uint8Array(0);
  private starts = new Uint32Array(0);
  private ends = new Uint32Array(0);
  private valueStarts = new Uint32Array(0);

  decode(meta: Uint8Array, count: number, codec: Codec): DecodedMetadata {
    this.reserve(count);
    if (meta.length === 0) {
      this.starts.fill(0, 0, count);
      this.ends.fill(0, 0, count);
      return this.result(0, count);
    }
    const { bytes, codec: codecId, detail } = openColumn(meta, 'meta', headerBytes);
    const payloadBytes = bytes.readUInt32LE(columnHeaderBytes);
    const values = bytes.readUInt32LE(columnHeaderBytes + 4);
    if (bytes.readUInt32LE(columnHeaderBytes + 8) !== count) corrupt('meta', 'has another number of entries');
    if (payloadBytes > blockMetadataBytesMax + blockEntriesMax * 2 * varintBytesMax) {
      corrupt('meta', `claims ${payloadBytes} bytes`);
    }
    if (values > count || (detail === 0 && values !== count)) corrupt('meta', `claims ${values} values`);
    this.unpack(bytes.subarray(headerBytes), codecId, payloadBytes, codec);
    const reader = new VarintReader(this.payload, 0, payloadBytes);
    if (detail === 0) this.readPlain(reader, count, payloadBytes);
    else this.readDictionary(reader, count, values, payloadBytes);
    return this.result(payloadBytes, count);
  }

  private readPlain(reader: VarintReader, count: number, payloadBytes: number): void {
    const { starts, ends } = this;
    let total = 0;
    for (let i = 0; i < count; i++) {
      const length = reader.value();
      if (length < 0 || length > payloadBytes) corrupt('meta', 'has a length beyond its end');
      starts[i] = total;
      total += length;
      ends[i] = total;
    }
    const base = reader.position;
    if (base + total !== payloadBytes) corrupt('meta', 'has lengths that do not fit its bytes');
    for (let i = 0; i < count; i++) {
      (starts[i] as number) += base;
      (ends[i] as number) += base;
    }
  }

  private readDictionary(reader: VarintReader, count: number, values: number, payloadBytes: number): void {
    const { starts, ends, valueStarts } = this;
    let total = 0;
    for (let i = 0; i < values; i++) {
      const length = reader.value();
      if (length < 0 || length > payloadBytes) corrupt('meta', 'has a length beyond its end');
      valueStarts[i] = total;
      total += length;
    }
    valueStarts[values] = total;
    for (let i = 0; i < count; i++) {
      const reference = reader.value();
      if (reference < 0 || reference >= values) corrupt('meta', 'has a reference to no value');
      starts[i] = valueStarts[reference] as number;
      ends[i] = valueStarts[reference + 1] as number;
    }
    const base = reader.position;
    if (base + total !== payloadBytes) corrupt('meta', 'has lengths that do not fit its bytes');
    for (let i = 0; i < count; i++) {
      (starts[i] as number) += base;
      (ends[i] as number) += base;
    }
  }

  private unpack(stored: Uint8Array, codecId: number, payloadBytes: number, codec: Codec): void {
    if (this.payload.length < payloadBytes) this.payload = new Uint8Array(payloadBytes);
    const payload = this.payload.subarray(0, payloadBytes);
    if (codecId === codecIds.plain && stored.length === payloadBytes) payload.set(stored);
    else if (codecId !== codecIds.zstd || !codec.decompress(stored, payload))
      corrupt('meta', 'does not unpack');
  }

  private reserve(count: number): void {
    if (count > blockEntriesMax) corrupt('meta', `is asked for ${count} entries`);
    if (this.starts.length >= count) return;
    this.starts = new Uint32Array(count);
    this.ends = new Uint32Array(count);
    this.valueStarts = new Uint32Array(count + 1);
  }

  private result(payloadBytes: number, count: number): DecodedMetadata {
    return {
      metadataBytes: this.payload.subarray(0, payloadBytes),
      metadataStarts: this.starts.subarray(0, count),
      metadataEnds: this.ends.subarray(0, count),
    };
  }
}
