// LZ4 frames against what the lz4 program wrote, and against what nobody should have written.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CorruptFrameError, FrameTooLargeError } from '../../src/ingest/decode/compressed-frames.ts';
import { lz4Decompress } from '../../src/ingest/decode/lz4.ts';

const bytesMax = 1 << 20;
/** Of 60 lines: `line <i> of the same kind, x=<i % 7>`, by `lz4 -9 -B4 --no-frame-crc`. */
const withoutSums =
  'BCJNGGBAgoMBAADxDmxpbmUgMCBvZiB0aGUgc2FtZSBraW5kLCB4PTAKHQAfMR0AAhIxHQAfMh0AAhIyHQAfMx0AAhIzHQAfNB0AAhI0HQAfNR0AAhI1HQAfNh0AAhI2HQAfN8sACR84ywAJHznLAAkvMTDMAAkvMTHNAAkvMTLOAAkvMTPPAAkvMTSbAQofNdEACS8xNtIACh830gAKHzjSAAofOdIACS8yMNIACS8yMdIACS8yMm4CCh8z0gAJLzI00gAJLzI10gAJLzI20gAKHzfSAAofONIACh850gAJLzMwQQMKHzHSAAkvMzLSAAkvMzPSAAkvMzTSAAkvMzXSAAkvMzbSAAofN9IACh840gAKHznSAAkvNDDSAAkvNDHSAAkvNDLSAAkvNDPSAAkvNDTSAAkvNDXmBAofNtIACh830gAKHzjSAAofOdIACS81MNIACS81MdIACS81MtIACS81M7kFCh800gAJLzU10gAJLzU20gAKHzfSAAofONIACg8sAQBQIHg9MwoAAAAA';
const stored = 'BCJNGGRApwIAAIBhYgAAAABT/JlJ';
const lines = Array.from({ length: 60 }, (_, i) => `line ${i} of the same kind, x=${i % 7}\n`).join('');
const frame = (text: string): Buffer => Buffer.from(text, 'base64');
const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

/** A frame of one block with these bytes. */
function oneBlock(...block: readonly number[]): Buffer {
  const head = [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, block.length & 0xff, block.length >> 8, 0, 0];
  return Buffer.from([...head, ...block, 0, 0, 0, 0]);
}

describe('frames', () => {
  it.each([
    ['matches, no sums', frame(withoutSums), lines],
    ['a block that is not compressed', frame(stored), 'ab'],
    ['two frames and one to be skipped', Buffer.concat([frame(stored), skippable, frame(stored)]), 'abab'],
    ['a match that runs into itself', oneBlock(0x1f, 0x78, 1, 0, 1, 0x10, 0x79), `${'x'.repeat(21)}y`],
    ['nothing', Buffer.alloc(0), ''],
  ])('%s', (_name, input, want) => {
    expect(lz4Decompress(input, bytesMax).toString()).toBe(want);
  });

  it.each([
    ['not LZ4', Buffer.from('{"resourceLogs":[]}')],
    ['cut in the head', frame(stored).subarray(0, 5)],
    ['cut in a block', frame(withoutSums).subarray(0, 100)],
    ['without an end', frame(withoutSums).subarray(0, -4)],
    ['a match before the start', oneBlock(0x10, 0x78, 2, 0, 0x10, 0x79)],
    ['a match of nothing', oneBlock(0x10, 0x78, 0, 0, 0x10, 0x79)],
    ['literals beyond the block', oneBlock(0xf0, 0xff, 0x78)],
  ])('%s is refused', (_name, input) => {
    expect(() => lz4Decompress(input, bytesMax)).toThrow(CorruptFrameError);
  });

  it('stops at the bound', () => {
    const bomb = oneBlock(0x1f, 0x78, 1, 0, ...new Array<number>(20_000).fill(255), 0, 0x10, 0x79);
    expect(() => lz4Decompress(bomb, bytesMax)).toThrow(FrameTooLargeError);
    expect(lz4Decompress(bomb, 8 << 20).length).toBe(20_000 * 255 + 21);
  });

  it('survives any damage', () => {
    const good = frame(withoutSums);
    const damage = fc.tuple(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length));
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), (changes) => {
        let bytes = Buffer.from(good);
        for (const [at, value, length] of changes) {
          bytes[at] = value;
          if (length % 5 === 0) bytes = Buffer.from(bytes.subarray(0, length));
        }
        try {
          expect(lz4Decompress(bytes, bytesMax).length).toBeLessThanOrEqual(bytesMax);
        } catch (error) {
          if (!(error instanceof CorruptFrameError || error instanceof FrameTooLargeError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});
