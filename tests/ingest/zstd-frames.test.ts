import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compress } from 'zstd-napi';
import { zstdFrames } from '../../src/ingest/decode/zstd-frames.ts';

const frame = (bytes: Uint8Array, options: Parameters<typeof compress>[1] = {}): Buffer =>
  compress(Buffer.from(bytes), options);
const skippable = (length: number): Buffer => {
  const bytes = Buffer.alloc(8 + length, 0xff);
  bytes.writeUInt32LE(0x184d2a57, 0);
  bytes.writeUInt32LE(length, 4);
  return bytes;
};
/** Offset and length of each frame. */
const places = (body: Buffer) =>
  zstdFrames(body)?.map((one) => [one.byteOffset - body.byteOffset, one.length]);
const plain = Buffer.from('level=info msg="a line that comes again"\n'.repeat(50));
const whole: readonly (readonly [string, Buffer])[] = [
  ['text', frame(plain)],
  ['nothing', frame(Buffer.alloc(0))],
  ['one byte', frame(Buffer.from('a'))],
  ['a run', frame(Buffer.alloc(300_000))],
  ['what cannot be compressed', frame(randomBytes(300_000))],
  ['a checksum', frame(plain, { checksumFlag: true })],
  ['no size', frame(plain, { contentSizeFlag: false })],
  ['a large window', frame(Buffer.concat([randomBytes(70_000), plain]), { windowLog: 20 })],
];

describe('frames of a zstd body', () => {
  it.each(whole)('%s: ends where it ends', (_, bytes) => {
    expect(places(bytes)).toEqual([[0, bytes.length]]);
    expect(places(Buffer.concat([bytes, skippable(5), bytes, skippable(0)]))).toEqual([
      [0, bytes.length],
      [bytes.length + 13, bytes.length],
    ]);
  });

  it.each(whole)('%s: cut or followed by anything else it is no body', (_, bytes) => {
    for (const end of [1, 4, 6, 8, bytes.length - 1].filter((at) => at < bytes.length))
      expect(zstdFrames(bytes.subarray(0, end))).toBeUndefined();
    expect(zstdFrames(Buffer.concat([bytes, Buffer.from('garbage')]))).toBeUndefined();
    expect(zstdFrames(Buffer.concat([bytes, skippable(9).subarray(0, 16)]))).toBeUndefined();
  });

  it('any bytes: frames that follow each other, or nothing', () => {
    fc.assert(
      fc.property(fc.constantFrom(...whole), fc.nat(), fc.nat(255), ([, bytes], at, value) => {
        const damaged = Buffer.from(bytes);
        damaged[at % damaged.length] = value;
        // The one frame may have become one that is skipped.
        const found = places(damaged);
        expect([undefined, [], [[0, damaged.length]]]).toContainEqual(found);
      }),
    );
  });
});
