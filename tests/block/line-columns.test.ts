// Lines as templates and columns of values: every byte comes back, and what is damaged is refused.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockDecoder } from '../../src/sqlite/format/decode.ts';
import { encodeBlock } from '../../src/sqlite/format/encode.ts';
import { columnOfLines, textOfColumn } from './columns-of-lines.ts';
import { columnsOf } from './entries.ts';
import { hostileLines } from './hostile-lines.ts';

const textOf = (lines: readonly Buffer[]): Buffer =>
  Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));

function expectGivenBack(lines: readonly Buffer[]): void {
  const column = columnOfLines(lines);
  if (column === undefined) throw new Error('no columns');
  expect(column[0]).toBe(2);
  expect(textOfColumn(column).toString('latin1')).toBe(textOf(lines).toString('latin1'));
}

const many = (count: number, line: (i: number) => string): Buffer[] =>
  Array.from({ length: count }, (_, i) => Buffer.from(line(i)));
const hash = (i: number): number => Math.imul(i + 1, 2654435761) >>> 0;

describe('columns of lines', () => {
  it('give back any lines', () => {
    fc.assert(
      fc.property(hostileLines, (lines) => expectGivenBack(lines)),
      { numRuns: Number(process.env.COLUMN_RUNS ?? 2000) },
    );
  });

  it.each([
    ['one empty line', [Buffer.alloc(0)]],
    ['many empty lines', many(5000, () => '')],
    ['the same line', many(5000, () => '{"a":1}')],
    ['one line of a megabyte', [Buffer.alloc(2 ** 20, 'a1 ')]],
    ['lines of 64 KB', many(8, (i) => `{"a":"${String(hash(i)).repeat(6000)}"}`)],
    ['numbers that only grow', many(9000, (i) => `seq=${i} at=${1_795_392_037_182 + i * 250}`)],
    ['numbers beyond 32 bits', many(900, (i) => `id=${hash(i) * 2_000_003} neg=-${hash(i)} x=${i % 7}`)],
    ['numbers of 16 digits and more', many(900, (i) => `id=${hash(i)}${hash(i + 1)} y=9007199254740993`)],
    ['decimals', many(900, (i) => `{"ms":${hash(i) % 1000}.${String(hash(i) % 1000).padStart(3, '0')}}`)],
    ['small decimals', many(900, (i) => `{"s":-0.00${1 + (hash(i) % 9)}}`)],
    ['times and UUIDs', many(2000, (i) => uuidLine(i))],
    [
      'odd numbers of hex digits',
      many(2000, (i) => `trace=${hash(i).toString(16).padStart(9, 'a')} b=${i % 3}`),
    ],
    ['more than 256 values', many(4000, (i) => `user=name-${hash(i % 700).toString(36)}x ok=1`)],
    [
      'nested values',
      many(3000, (i) => `path="/api/v${i % 2}/users/${hash(i)}?q=a-${i % 50}" ip=10.0.${i % 250}.1`),
    ],
    [
      'stack traces',
      many(500, (i) => `ERROR at ${i}\n\tat a.b.C(C.java:${i % 90})\n\tat d.E(E.java:${hash(i)})`),
    ],
    ['a template for every line', many(3000, (i) => `{"${hash(i).toString(36)}":${i}}`)],
  ])('give back %s', (_, lines) => expectGivenBack(lines));

  it('give back a megabyte of mixed lines', () => {
    expectGivenBack(
      many(
        7000,
        (i) => [uuidLine(i), `level=info dur=${hash(i) % 1e6}us n=${i}`, `plain ${i} text`][i % 3] ?? '',
      ),
    );
  });
});

function uuidLine(i: number): string {
  const digits = [hash(i), hash(i + 7), hash(i + 77), hash(i + 777)]
    .map((n) => n.toString(16).padStart(8, '0'))
    .join('');
  const uuid = digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  const time = new Date(1_795_392_000_000 + hash(i) / 100).toISOString();
  return `{"ts":"${time}","id":"${uuid}","status":${200 + (hash(i) % 5) * 100},"log":{"msg":"user ${i % 40} has gone"}}`;
}

describe('a block', () => {
  const entriesOf = (lines: readonly Buffer[]) =>
    columnsOf(
      lines.map((line, i) => ({ timeNs: BigInt(i), line, level: 4, metadata: Buffer.alloc(0) })),
      'contiguous',
    );
  const decoder = new BlockDecoder();

  it.each([
    ['as columns where they are smaller', many(2000, uuidLine), 2],
    ['as text where they are not', many(2000, () => '{"a":1}'), 1],
    ['as text when most lines have no fields', many(2000, (i) => `order ${hash(i)} was shipped`), 1],
    ['as text when it is small', many(4, uuidLine), 1],
  ] as const)('keeps lines %s', (_, lines, version) => {
    const faults: string[] = [];
    const block = encodeBlock(entriesOf(lines), {
      level: 9,
      lineColumns: true,
      onWrongColumns: () => faults.push('wrong columns'),
    });
    expect(block.lines[0]).toBe(version);
    expect(decoder.decodeLines(block.lines).equals(textOf(lines))).toBe(true);
    expect(faults).toEqual([]);
    // All else of the block is the same.
    const plain = encodeBlock(entriesOf(lines), { level: 9 });
    expect({ ...block, lines: plain.lines }).toEqual(plain);
  });

  it('keeps lines as columns with metadata and lines that are far apart', () => {
    const lines = many(1500, uuidLine);
    const entries = lines.map((line, i) => ({
      timeNs: BigInt(i),
      line,
      level: 4,
      metadata: Buffer.from('\x01a\x01b'),
    }));
    const block = encodeBlock(columnsOf(entries, 'scattered'), { level: 9, lineColumns: true });
    expect(block.lines[0]).toBe(2);
    expect(decoder.decodeLines(block.lines).equals(textOf(lines))).toBe(true);
  });
});
