import fc from 'fast-check';
import { compress } from 'snappyjs';
import { describe, expect, it } from 'vitest';
import {
  CorruptSnappyError,
  SnappyTooLargeError,
  snappyDecompress,
  snappyDecompressWithoutWasm,
} from '../../src/kernels/snappy.ts';

const mib = 1024 * 1024;
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe.each([
  ['wasm', snappyDecompress],
  ['plain code', snappyDecompressWithoutWasm],
])('snappy by %s', (_, decompress) => {
  it.each([
    ['nothing', '00', ''],
    ['a literal', '03 08 616263', 'abc'],
    ['a literal with a length byte', `3d f03c ${'61'.repeat(61)}`, 'a'.repeat(61)],
    ['a short literal with two length bytes at the end', '02 00 61 f4 0000 62', 'ab'],
    ['a copy with a one-byte offset', '0a 04 6162 11 02', 'ababababab'],
    ['a copy with a two-byte offset', '0a 04 6162 1e 0200', 'ababababab'],
    ['a copy with a four-byte offset', '0a 04 6162 1f 02000000', 'ababababab'],
  ])('reads %s', (_name, block, text) => {
    expect(decompress(hex(block), 1000).toString()).toBe(text);
  });

  it.each([
    ['no bytes', ''],
    ['a length without end', 'ffffffffff'],
    ['a length above 32 bits', 'ffffffff7f'],
    ['a literal cut short', '03 08 6162'],
    ['a length byte cut off', '3d f0'],
    ['a copy from before the start', '0a 04 6162 11 03'],
    ['a copy with offset 0', '0a 04 6162 11 00'],
    ['an offset cut off', '0a 04 6162 1e 02'],
    ['too little output for its length', '04 08 616263'],
    ['more output than its length', '02 08 616263'],
    ['a copy beyond its length', '03 04 6162 11 02'],
  ])('refuses %s', (_name, block) => {
    expect(() => decompress(hex(block), 1000)).toThrow(CorruptSnappyError);
  });

  it('refuses a length that no such short input can have', () => {
    expect(() => decompress(hex('ffffff7f 08 616263'), 1024 * mib)).toThrow(CorruptSnappyError);
  });

  it('refuses more than the caller allows by the preamble alone', () => {
    const block = Buffer.from(compress(Buffer.alloc(1001, 'a')));
    expect(() => decompress(block, 1000)).toThrow(SnappyTooLargeError);
    expect(decompress(block, 1001).length).toBe(1001);
  });

  it('gives back what snappyjs compressed', () => {
    const word = fc.constantFrom('level=info ', 'abcabcabc', '0', '\n', 'request_id=');
    const text = fc.oneof(
      fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
      fc.array(word, { maxLength: 2000 }).map((words) => Buffer.from(words.join(''))),
    );
    fc.assert(
      fc.property(text, (bytes) => {
        const block = compress(bytes);
        expect(Buffer.compare(decompress(block, mib), bytes)).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the snappy kernel', () => {
  it('on damaged input ends as the plain code does', () => {
    const text = Buffer.from('level=info msg="request done" path=/api/orders status=200\n'.repeat(20));
    const whole = compress(text);
    let errors = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(whole.length),
        (changes, cut) => {
          const block = Uint8Array.from(whole);
          for (const [at, byte] of changes) block[at] = byte;
          const input = cut % 3 === 0 ? block.subarray(0, cut) : block;
          const output = outcome(snappyDecompress, input);
          if (typeof output === 'string') errors++;
          expect(output).toEqual(outcome(snappyDecompressWithoutWasm, input));
        },
      ),
      { numRuns: 5000 },
    );
    expect(errors).toBeGreaterThan(100);
  });

  it('takes bodies larger than its resident memory', () => {
    const text = Buffer.alloc(60 * mib, 'abcdefghij');
    const block = Buffer.from(compress(text));
    expect(Buffer.compare(snappyDecompress(block, 64 * mib), text)).toBe(0);
  });
});

/** What comes out, or the name of the error. */
function outcome(decompress: typeof snappyDecompress, input: Uint8Array): Buffer | string {
  try {
    return Buffer.from(decompress(input, mib));
  } catch (error) {
    if (error instanceof CorruptSnappyError || error instanceof SnappyTooLargeError) return error.name;
    throw error;
  }
}
