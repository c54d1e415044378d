// Damaged columns: an error of the right kind, never a crash, a hang or a read beyond the bytes.
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compileNeedle } from '../../src/kernels/needle.ts';
import { CorruptBlockError, type EncodedBlock } from '../../src/sqlite/format/block.ts';
import { availableCodecs } from '../../src/sqlite/format/codec.ts';
import { decodeCounts } from '../../src/sqlite/format/counts.ts';
import { BlockDecoder } from '../../src/sqlite/format/decode.ts';
import { encodeBlock } from '../../src/sqlite/format/encode.ts';
import { blockMayContain } from '../../src/sqlite/format/filter.ts';
import { seed } from '../seed.ts';
import { columnsOf } from './entries.ts';
import { goldenBlocks } from './golden-entries.ts';

const needle = compileNeedle('request done');

type Read = (decoder: BlockDecoder, column: Buffer, block: EncodedBlock) => void;
/** Each column with a read that looks at all it gives. */
const reads: [keyof EncodedBlock & ('ts' | 'meta' | 'lines' | 'filter' | 'counts'), Read][] = [
  [
    'ts',
    (decoder, column) => {
      const times = decoder.decodeTimes(column);
      let last = 0;
      let end = -1;
      for (let i = 0; i < times.count; i++) {
        const offset = times.offsetsNs[i] ?? -1;
        if (offset < last || !Number.isSafeInteger(offset)) throw new Error('times do not ascend');
        if ((times.lineStarts[i] ?? -1) !== end + 1) throw new Error('lines do not follow each other');
        last = offset;
        end = times.lineEnds[i] ?? -1;
      }
    },
  ],
  [
    'meta',
    (decoder, column, block) => {
      const meta = decoder.decodeMeta(column, block.n);
      for (let i = 0; i < block.n; i++) {
        const [start = -1, end = -1] = [meta.metadataStarts[i], meta.metadataEnds[i]];
        if (start > end || end > meta.metadataBytes.length) throw new Error('metadata outside its bytes');
      }
    },
  ],
  [
    'lines',
    (decoder, column) => {
      decoder.decodeLines(column);
      decoder.linesContain(needle);
    },
  ],
  ['filter', (_, column) => void blockMayContain(column, [needle])],
  ['counts', (_, column) => void decodeCounts(column)],
];

const blocks = goldenBlocks.map(({ entries, lineColumns = false }) =>
  encodeBlock(columnsOf(entries, 'contiguous'), { lineColumns }),
);
/** Of a long column every so many bytes are tried. */
const triesPerColumn = 2000;
const stepOf = (column: Buffer): number => Math.ceil(column.length / triesPerColumn);

function reseal(column: Buffer): Buffer {
  if (column.length >= 8) column.writeUInt32LE(crc32(column.subarray(8), crc32(column.subarray(0, 4))), 4);
  return column;
}

describe.each(reads)('a damaged %s column', (name, read) => {
  it('is refused for its checksum, whichever byte changed', () => {
    const decoder = new BlockDecoder();
    for (const block of blocks) {
      for (let at = 0; at < block[name].length; at += stepOf(block[name])) {
        const column = Buffer.from(block[name]);
        column[at] = (column[at] ?? 0) ^ 0x55;
        expect(() => read(decoder, column, block)).toThrow(CorruptBlockError);
      }
    }
  });

  it('is refused when cut short', () => {
    const decoder = new BlockDecoder();
    for (const block of blocks) {
      for (let bytes = 1; bytes < block[name].length; bytes += stepOf(block[name])) {
        expect(() => read(decoder, block[name].subarray(0, bytes), block)).toThrow(CorruptBlockError);
      }
    }
  });

  it.each(availableCodecs().map((codec) => [codec.name, codec] as const))(
    'with a right checksum is read or refused, nothing else (%s)',
    (_, codec) => {
      const decoder = new BlockDecoder(codec);
      const untilMs = Date.now() + Number(process.env.FUZZ_MS ?? 300);
      let state = seed;
      const below = (limit: number): number => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor((state / 2 ** 32) * limit);
      };
      let tries = 0;
      while (Date.now() < untilMs) {
        const block = blocks[below(blocks.length)];
        if (block === undefined || block[name].length === 0) continue;
        let column = Buffer.from(block[name]);
        for (let changes = 1 + below(4); changes > 0; changes--) {
          const at = below(3) === 0 ? below(Math.min(48, column.length)) : below(column.length);
          column[at] = [0, 0xff, 0x80, below(256)][below(4)] ?? 0;
        }
        column[0] = 1 + below(2);
        if (below(4) === 0) column = column.subarray(0, below(column.length + 1));
        try {
          read(decoder, reseal(column), block);
        } catch (error) {
          if (!(error instanceof CorruptBlockError)) {
            throw new Error(`SEED=${seed}, ${name} ${column.toString('hex')}`, { cause: error });
          }
        }
        tries++;
      }
      expect(tries).toBeGreaterThan(0);
    },
  );
});

it('lines that do not belong to the times are not searched', () => {
  const decoder = new BlockDecoder();
  const [one, other] = [blocks[2], blocks[3]];
  if (one === undefined || other === undefined) throw new Error('blocks are missing');
  decoder.decodeTimes(one.ts);
  decoder.decodeLines(other.lines);
  expect(() => decoder.searchBlock(needle)).toThrow(CorruptBlockError);
});
