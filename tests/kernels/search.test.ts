import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSearcher } from '../../src/kernels/line-searcher.ts';
import { compileNeedle } from '../../src/kernels/needle.ts';

const searcher = new LineSearcher();

interface Lines {
  bytes: Buffer;
  count: number;
  lineStarts: Uint32Array;
  lineEnds: Uint32Array;
}

/** Lines one after the other with `gap` other bytes between, or in reverse order in memory. */
function layOut(lines: readonly Buffer[], gap: string, reversed = false): Lines {
  const lineStarts = new Uint32Array(lines.length);
  const lineEnds = new Uint32Array(lines.length);
  const pieces: Buffer[] = [];
  let at = 0;
  const order = lines.map((_, i) => (reversed ? lines.length - 1 - i : i));
  for (const i of order) {
    const line = lines[i] ?? Buffer.alloc(0);
    lineStarts[i] = at;
    lineEnds[i] = at + line.length;
    pieces.push(line, Buffer.from(gap));
    at += line.length + gap.length;
  }
  return { bytes: Buffer.concat(pieces), count: lines.length, lineStarts, lineEnds };
}

const asciiLower = (text: string): string => text.replace(/[A-Z]/g, (c) => c.toLowerCase());

function expected(lines: readonly Buffer[], literal: Buffer, ignoreCase: boolean): number[] {
  const fold = (b: Buffer) => (ignoreCase ? asciiLower(b.toString('latin1')) : b.toString('latin1'));
  return lines.flatMap((line, i) => (fold(line).includes(fold(literal)) ? [i] : []));
}

describe('search in lines', () => {
  it.each<[string, string[], string, boolean, number[]]>([
    ['a literal in the middle', ['say hello world', 'nothing'], 'hello', false, [0]],
    ['one byte', ['abc', 'xyz', 'cab'], 'a', false, [0, 2]],
    ['the whole line', ['abc', 'abcd'], 'abcd', false, [1]],
    ['case matters', ['Error', 'error'], 'error', false, [1]],
    ['case ignored', ['ERROR', 'error', 'errol'], 'ErRoR', true, [0, 1]],
    ['only letters fold: @ is no `, [ is no {', ['x@[y', 'x`{y'], 'x`{y', true, [1]],
    ['the empty literal is in every line', ['', 'a'], '', false, [0, 1]],
    ['an empty line holds nothing else', ['', 'a', ''], 'a', false, [1]],
    ['several hits in a line count once', ['aaaa', 'baab'], 'aa', false, [0, 1]],
    ['a hit across two lines is none', ['ab', 'cd'], 'bc', false, []],
    ['longer than all lines', ['abc'], 'abcdefghijklmnopqrstuvwxyz', false, []],
    ['a newline inside a line', ['a\nb', 'a', 'b'], 'a\nb', false, [0]],
    ['non-ASCII is compared by bytes', ['größe', 'GRÖSSE'], 'größe', true, [0]],
  ])('%s', (_, lines, literal, ignoreCase, found) => {
    const needle = compileNeedle(literal, ignoreCase);
    const buffers = lines.map((line) => Buffer.from(line));
    for (const gap of ['', '\n', ' hello abcd '])
      for (const reversed of [false, true])
        expect([...searcher.search(layOut(buffers, gap, reversed), needle)]).toEqual(found);
  });

  it('agrees with String.includes on any lines', () => {
    const small = fc.integer({ min: 0, max: 3 }).map((i) => 'aAb\n'.charCodeAt(i));
    const line = fc.oneof(
      fc.array(small, { maxLength: 90 }).map((bytes) => Buffer.from(bytes)),
      fc.uint8Array({ maxLength: 90 }).map((bytes) => Buffer.from(bytes)),
    );
    const literal = fc.oneof(
      fc.array(small, { minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
      fc.uint8Array({ minLength: 1, maxLength: 3 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 40 }),
        literal,
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom('', '\n', 'ab'),
        (lines, bytes, ignoreCase, reversed, gap) => {
          const found = searcher.search(layOut(lines, gap, reversed), compileNeedle(bytes, ignoreCase));
          expect([...found]).toEqual(expected(lines, bytes, ignoreCase));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('finds a needle at every position of a long text', () => {
    const needle = compileNeedle('zq');
    for (let at = 0; at < 300; at++) {
      const line = Buffer.alloc(300 + 2, 'z');
      line[at + 1] = 'q'.charCodeAt(0);
      expect([...searcher.search(layOut([line], ''), needle)]).toEqual([0]);
    }
  });

  it('a needle longer than the kernels look for is held whole', () => {
    const long = 'ab'.repeat(5000);
    const lines = [`x${long}y`, long.slice(1), `${long.slice(0, -1)}c${long}`, long.toUpperCase()].map(
      (line) => Buffer.from(line),
    );
    expect([...searcher.search(layOut(lines, '\n'), compileNeedle(long))]).toEqual([0, 2]);
    expect([...searcher.search(layOut(lines, '\n', true), compileNeedle(long, true))]).toEqual([0, 2, 3]);
  });

  it('takes lines that are scattered over more bytes than its memory holds', () => {
    const bytes = Buffer.alloc(40 * 1024 * 1024);
    const lineStarts = Uint32Array.from([0, 20, 39].map((mb) => mb * 1024 * 1024));
    const lineEnds = lineStarts.map((start) => start + 100);
    bytes.write('needle', (lineStarts[1] ?? 0) + 94);
    expect([...searcher.search({ bytes, count: 3, lineStarts, lineEnds }, compileNeedle('needle'))]).toEqual([
      1,
    ]);
    const whole = { bytes, count: 1, lineStarts: Uint32Array.of(0), lineEnds: Uint32Array.of(bytes.length) };
    expect([...searcher.search(whole, compileNeedle('NEEDLE', true))]).toEqual([0]);
    expect([...searcher.search(whole, compileNeedle('NEEDLE'))]).toEqual([]);
  });
});
