// New inputs from known ones: bytes changed, pieces moved, doubled and taken from other inputs, words put in.

import type { Random } from '../random.ts';

export interface MutateOptions {
  readonly random: Random;
  readonly dictionary: readonly Buffer[];
  readonly bytesMax: number;
}

/** Numbers at which arithmetic, lengths and signs turn over. */
const edges = [
  0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
];
const numbers = ['0', '-1', '1e309', '9223372036854775807', '-9223372036854775808', '18446744073709551616'];

type Change = (bytes: Buffer, options: MutateOptions, other: Buffer) => Buffer;

const place = (bytes: Buffer, random: Random): number => random.below(bytes.length + 1);

function put(bytes: Buffer, at: number, piece: Uint8Array, replaced = 0): Buffer {
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(Math.min(bytes.length, at + replaced))]);
}

function pieceOf(bytes: Buffer, random: Random): Buffer {
  const at = place(bytes, random);
  return bytes.subarray(at, at + 1 + random.below(Math.min(64, bytes.length + 1)));
}

const changes: readonly Change[] = [
  function flipBit(bytes, { random }) {
    const at = random.below(bytes.length);
    if (bytes.length > 0) bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
    return bytes;
  },
  function setByte(bytes, { random }) {
    if (bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256);
    return bytes;
  },
  function setNumber(bytes, { random }) {
    const width = random.of([1, 2, 4]);
    if (bytes.length < width) return bytes;
    const at = random.below(bytes.length - width + 1);
    const value = random.of(edges) % 2 ** (8 * width);
    if (random.below(2) === 0) bytes.writeUIntLE(value, at, width);
    else bytes.writeUIntBE(value, at, width);
    return bytes;
  },
  function putWord(bytes, { random, dictionary }) {
    return dictionary.length === 0
      ? bytes
      : put(bytes, place(bytes, random), random.of(dictionary), random.below(2) * random.below(8));
  },
  function putNumber(bytes, { random }) {
    const digits = bytes.findIndex(
      (byte, at) => byte >= 48 && byte <= 57 && random.below(4) === 0 && at >= 0,
    );
    return put(
      bytes,
      digits < 0 ? place(bytes, random) : digits,
      Buffer.from(random.of(numbers)),
      random.below(3),
    );
  },
  function putBytes(bytes, { random }) {
    const piece = Buffer.from(Array.from({ length: 1 + random.below(4) }, () => random.below(256)));
    return put(bytes, place(bytes, random), piece);
  },
  function removePiece(bytes, { random }) {
    return put(bytes, place(bytes, random), Buffer.alloc(0), 1 + random.below(16));
  },
  function cut(bytes, { random }) {
    return bytes.subarray(0, place(bytes, random));
  },
  function doublePiece(bytes, { random }) {
    return put(bytes, place(bytes, random), pieceOf(bytes, random));
  },
  function repeatPiece(bytes, { random, bytesMax }) {
    const piece = pieceOf(bytes, random);
    const times = Math.min(random.of([2, 8, 64, 512]), Math.floor(bytesMax / Math.max(1, piece.length)));
    return put(bytes, place(bytes, random), Buffer.concat(new Array<Buffer>(times).fill(piece)));
  },
  function takePiece(bytes, { random }, other) {
    return put(bytes, place(bytes, random), pieceOf(other, random), random.below(2) * random.below(32));
  },
  function cross(bytes, { random }, other) {
    return Buffer.concat([bytes.subarray(0, place(bytes, random)), other.subarray(place(other, random))]);
  },
];

/** A copy of one input of the pool, changed one to eight times. */
export function mutate(pool: readonly Buffer[], options: MutateOptions): Buffer {
  const { random, bytesMax } = options;
  let bytes: Buffer = Buffer.from(random.of(pool));
  for (let left = 1 + random.below(8); left > 0; left -= 1 + random.below(3))
    bytes = Buffer.from(random.of(changes)(bytes, options, random.of(pool)).subarray(0, bytesMax));
  return bytes;
}
