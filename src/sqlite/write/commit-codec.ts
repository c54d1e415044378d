// The body of a `wal` row: u32 codec id, u32 bytes of the slices (little-endian), the slices plain or as a zstd frame.
import { codecIds, openCodec } from '../format/codec.ts';
import { frameContentBytes } from '../format/zstd-frame.ts';
import { areSlices } from './slice-validation.ts';

const headerBytes = 8;
/** Level 1 costs as much as zstd's fast negative levels on logs and writes a third less. */
const level = 1;
/** No commit is larger: guards against a damaged length. */
const slicesBytesMax = 1024 * 1024 * 1024;
const keptBytesMax = 4 * 1024 * 1024;

/** The body of a `wal` row is not what a writer wrote. */
export class DamagedCommitError extends Error {
  override readonly name = 'DamagedCommitError';
}

export class CommitCodec {
  readonly #codec = openCodec();
  #scratch = Buffer.allocUnsafeSlow(256 * 1024);

  /** A view of reused memory, valid until the next call. */
  encode(slices: Uint8Array): Buffer {
    const frame = this.#codec.compress(slices, level);
    const body = frame ?? slices;
    const bytes = headerBytes + body.length;
    if (this.#scratch.length < bytes || this.#scratch.length > keptBytesMax)
      this.#scratch = Buffer.allocUnsafeSlow(Math.max(bytes, 1024 * 1024));
    this.#scratch.writeUInt32LE(frame ? codecIds.zstd : codecIds.plain, 0);
    this.#scratch.writeUInt32LE(slices.length, 4);
    this.#scratch.set(body, headerBytes);
    return this.#scratch.subarray(0, bytes);
  }

  /** The slices, in fresh 8-aligned memory. Throws DamagedCommitError. */
  decode(body: Uint8Array): ArrayBuffer {
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    const codec = body.length < headerBytes ? -1 : view.getUint32(0, true);
    if (codec !== codecIds.plain && codec !== codecIds.zstd)
      throw new DamagedCommitError('a commit in the wal table is of an unknown kind');
    const bytes = view.getUint32(4, true);
    const content = body.subarray(headerBytes);
    // Before memory is taken: a length that only one of the two tells is damaged.
    const told = codec === codecIds.plain ? content.length : frameContentBytes(content);
    if (told !== bytes || bytes > contentBytesMax(codec, content.length)) throw damaged();
    const slices = new Uint8Array(bytes);
    if (codec === codecIds.plain) slices.set(content);
    else if (!this.#codec.decompress(content, slices)) throw damaged();
    // No checksum guards a row: a length that is wrong would have readers run past the end, or in a circle.
    if (!areSlices(slices.buffer)) throw damaged();
    return slices.buffer;
  }
}

const damaged = (): Error => new DamagedCommitError('a commit in the wal table is damaged');

/** No frame of so many bytes unpacks to more: a zstd block holds at most 128 KB and takes at least 4 bytes. */
const contentBytesMax = (codec: number, bytes: number): number =>
  Math.min(slicesBytesMax, codec === codecIds.zstd ? bytes * 32 * 1024 : bytes);
