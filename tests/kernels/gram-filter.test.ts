import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  GramFilterBuilder,
  gramBitsLog2,
  gramFilterMayContain,
  gramScratchBytes,
} from '../../src/kernels/gram-filter.ts';
import { compileNeedle } from '../../src/kernels/needle.ts';
import { fixedMemory } from '../../src/kernels/wasm.ts';

const textAt = 65_536;
const textBytesMax = 4 * 1024 * 1024;
const memory = fixedMemory(textAt + textBytesMax + 65_536 + gramScratchBytes);
const builder = new GramFilterBuilder(memory, textAt + textBytesMax + 65_536);

function build(text: Uint8Array): Uint8Array {
  new Uint8Array(memory.buffer).set(text, textAt);
  return Uint8Array.from(builder.build(textAt, text.length));
}

const mayContain = (
  filter: Uint8Array,
  textBytes: number,
  literal: string | Uint8Array,
  ignoreCase = false,
) =>
  gramFilterMayContain(
    { bytes: filter, at: 0, byteCount: filter.length, bitsLog2: gramBitsLog2(textBytes) },
    [compileNeedle(literal, ignoreCase)],
  );

/** A reproducible text of words and ids. */
function logText(bytes: number, seed: number): Buffer {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
  let text = '';
  while (text.length < bytes) {
    text += `level=INFO msg="request served" trace=${next().toString(16)}${next().toString(16)} status=200 ms=${next() % 1000}\n`;
  }
  return Buffer.from(text.slice(0, bytes));
}

describe('the 4-gram filter', () => {
  it.each([
    ['a word in it', 'served', true],
    ['part of a word', 'erve', true],
    ['other case of the text', 'level=info', true],
    ['other case of the literal', 'REQUEST', true],
    ['shorter than four bytes', 'zz', true],
    ['the empty literal', '', true],
    ['an absent word', 'kubernetes', false],
  ])('%s', (_, literal, found) => {
    const text = logText(100_000, 7);
    expect(mayContain(build(text), text.length, literal)).toBe(found);
    expect(mayContain(build(text), text.length, literal, true)).toBe(found);
  });

  it('is empty over less than four bytes, and then proves four absent', () => {
    const filter = build(Buffer.from('abc'));
    expect(filter.length).toBe(0);
    expect(mayContain(filter, 3, 'abcd')).toBe(false);
    expect(mayContain(filter, 3, 'abc')).toBe(true);
  });

  it('proves nothing about letters with foreign case partners when case is ignored', () => {
    const text = Buffer.from('level \u212Aelvin and \u017Fome more words here');
    const filter = build(text);
    expect(mayContain(filter, text.length, 'kelvin', true)).toBe(true);
    expect(mayContain(filter, text.length, 'some', true)).toBe(true);
  });

  it.each([1000, 10_000, 100_000, 262_144, 1_000_000, 4_000_000])(
    '%d bytes: no false negative, a sensible size',
    (bytes) => {
      const text = logText(bytes, bytes);
      const filter = build(text);
      for (let i = 0; i < 500; i++) {
        const at = (i * 7919) % (bytes - 40);
        const literal = text.subarray(at, at + 4 + (i % 30));
        expect(mayContain(filter, bytes, literal)).toBe(true);
      }
      expect(filter.length).toBeLessThanOrEqual(Math.max(4096, bytes / 32));
    },
  );

  it('has no false negatives on any bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 4, maxLength: 400 }),
        fc.nat(),
        fc.nat(),
        (text, from, length) => {
          const at = from % (text.length - 3);
          const literal = text.subarray(at, at + 4 + (length % (text.length - at - 3)));
          const filter = build(text);
          expect(mayContain(filter, text.length, literal)).toBe(true);
          expect(mayContain(filter, text.length, literal, true)).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('finds most absent ids absent', () => {
    const text = logText(262_144, 3);
    const filter = build(text);
    let present = 0;
    for (let i = 1; i <= 1000; i++) {
      const id =
        `${((i * 2654435761) >>> 0).toString(16)}${((i * 40503 * 7919) >>> 0).toString(16)}`.padStart(
          16,
          'f',
        );
      if (mayContain(filter, text.length, id)) present++;
    }
    expect(present).toBeLessThan(150);
  });
});
