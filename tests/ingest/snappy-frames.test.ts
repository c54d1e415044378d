// The framing format of snappy: chunks that python-snappy wrote, and chunks as nobody should write them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CorruptFrameError, FrameTooLargeError } from '../../src/ingest/decode/compressed-frames.ts';
import { isSnappyFramed, snappyFramesDecompress } from '../../src/ingest/decode/snappy-frames.ts';

const bytesMax = 1 << 20;
const identifier = 'ff060000734e61507059';
/** `123456789` as it is; the check value of CRC-32C is 0xe3069283, turned and added to as the format has it. */
const plainChunk = `010d0000${littleEndian(masked(0xe306_9283))}313233343536373839`;
/** `a` a hundred times in a block, by python-snappy. */
const blockChunk = '000d00001fa8b5fd640061fe01008a0100';
const padding = 'fe030000000000';
const hex = (...chunks: readonly string[]): Buffer => Buffer.from(chunks.join(''), 'hex');

function masked(sum: number): number {
  return (((sum >>> 15) | (sum << 17)) + 0xa282_ead8) >>> 0;
}

function littleEndian(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes.toString('hex');
}

describe('frames', () => {
  it.each([
    ['nothing', hex(identifier), ''],
    ['a chunk that is not compressed', hex(identifier, plainChunk), '123456789'],
    ['a block', hex(identifier, blockChunk), 'a'.repeat(100)],
    [
      'chunks with padding and another beginning between',
      hex(identifier, plainChunk, padding, identifier, blockChunk),
      `123456789${'a'.repeat(100)}`,
    ],
  ])('%s', (_name, input, want) => {
    expect(isSnappyFramed(input)).toBe(true);
    expect(snappyFramesDecompress(input, bytesMax).toString()).toBe(want);
  });

  it.each([
    ['cut in a head', hex(identifier, '0109')],
    ['cut in a chunk', hex(identifier, plainChunk.slice(0, -2))],
    ['with a wrong sum', hex(identifier, '010d0000', '00000000', '313233343536373839')],
    ['with a chunk too short for a sum', hex(identifier, '01030000', '000000')],
    ['with a chunk that must not be passed over', hex(identifier, '02000000')],
    ['with a block that is none', hex(identifier, '00080000', '00000000', 'ffffffff')],
    [
      'with a chunk larger than one may be',
      Buffer.concat([hex(identifier, '01050001'), Buffer.alloc(65_541)]),
    ],
  ])('%s are refused', (_name, input) => {
    expect(() => snappyFramesDecompress(input, bytesMax)).toThrow(CorruptFrameError);
  });

  it('stop at the bound', () => {
    const many = hex(identifier, plainChunk.repeat(100));
    expect(() => snappyFramesDecompress(many, 899)).toThrow(FrameTooLargeError);
    expect(snappyFramesDecompress(many, 900).length).toBe(900);
  });

  it('whatever the bytes: text or an error of its own', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          snappyFramesDecompress(Buffer.concat([hex(identifier), bytes]), bytesMax);
        } catch (error) {
          if (!(error instanceof CorruptFrameError)) throw error;
        }
      }),
    );
  });
});
