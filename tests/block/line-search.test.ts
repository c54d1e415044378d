// A literal is found in columns where it is in the lines.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compileNeedle } from '../../src/kernels/needle.ts';
import { BlockDecoder } from '../../src/sqlite/format/decode.ts';
import { encodeBlock } from '../../src/sqlite/format/encode.ts';
import { columnOfLines } from './columns-of-lines.ts';
import { columnsOf } from './entries.ts';
import { hostileLines } from './hostile-lines.ts';

const decoder = new BlockDecoder();

function found(lines: readonly Buffer[], literal: Buffer, ignoreCase: boolean): number[] | undefined {
  const entries = lines.map((line, i) => ({ timeNs: BigInt(i), line, level: 0, metadata: Buffer.alloc(0) }));
  const column = columnOfLines(lines);
  if (column === undefined) throw new Error('no columns');
  decoder.decodeTimes(encodeBlock(columnsOf(entries, 'contiguous')).ts);
  const indices = decoder.searchColumns(column, compileNeedle(literal, ignoreCase));
  return indices && [...indices];
}

const lower = (bytes: Buffer): string => bytes.toString('latin1').replace(/[A-Z]/g, (c) => c.toLowerCase());

/** A part of a line, or bytes near its fields' borders. */
const literalOf = (lines: readonly Buffer[]): fc.Arbitrary<Buffer> =>
  fc.oneof(
    fc
      .tuple(fc.nat(), fc.nat(), fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 13, max: 60 })))
      .map(([which, at, bytes]) => {
        const line = lines[which % lines.length] as Buffer;
        const from = at % (line.length + 1);
        return line.subarray(from, from + bytes);
      }),
    fc
      .constantFrom('":', '="', '5', '","', 'GET', 'a', 'ms', '00', ' ', 'xx')
      .map((text) => Buffer.from(text)),
  );

it('in the same lines', () => {
  let searched = 0;
  fc.assert(
    fc.property(
      hostileLines.chain((lines) => fc.tuple(fc.constant(lines), literalOf(lines), fc.boolean())),
      ([lines, literal, ignoreCase]) => {
        const indices = found(lines, literal, ignoreCase);
        if (indices === undefined) {
          expect(literal.length === 0 || literal.includes(0) || literal.includes(10)).toBe(true);
          return;
        }
        searched++;
        const holds = (line: Buffer): boolean =>
          ignoreCase ? lower(line).includes(lower(literal)) : line.includes(literal);
        expect(indices).toEqual(lines.flatMap((line, i) => (holds(line) ? [i] : [])));
      },
    ),
    { numRuns: Number(process.env.COLUMN_RUNS ?? 2000) },
  );
  expect(searched).toBeGreaterThan(0);
});
