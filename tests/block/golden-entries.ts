// The entries of the golden blocks. Never change one: a block written years ago must still decode to it. Add.
import type { TestEntry } from './entries.ts';

export interface GoldenBlock {
  /** File in golden/, without its ending. */
  readonly name: string;
  readonly entries: readonly TestEntry[];
}

const entry = (timeNs: bigint, line: string | Buffer, level = 4, metadata = ''): TestEntry => ({
  timeNs,
  line: Buffer.from(line),
  level,
  metadata: Buffer.from(metadata, 'latin1'),
});
const t0 = 1_795_392_000_000_000_000n;

export const goldenBlocks: readonly GoldenBlock[] = [
  { name: 'v1-one-empty-line', entries: [entry(0n, '', 0)] },
  {
    name: 'v1-odd-lines',
    entries: [
      entry(-1n, 'before 1970'),
      entry(0n, 'a\nb', 6),
      entry(0n, 'nul \0 byte', 6),
      entry(1n, Buffer.from([0xff, 0xfe, 0xc0, 0x80]), 8),
      entry(60_000_000_000n, 'the minute ends here', 5),
      entry(60_000_000_001n, 'and begins here', 5),
    ],
  },
  {
    name: 'v1-milliseconds-dictionary',
    entries: Array.from({ length: 200 }, (_, i) =>
      entry(
        t0 + BigInt(i * i) * 1_000_000n,
        `level=info msg="request done" id=${i * 7919}`,
        i % 10 === 0 ? 6 : 4,
        i % 4 === 0 ? '' : `\x03pod\x05web-${i % 3}`,
      ),
    ),
  },
  {
    name: 'v1-nanoseconds-plain-metadata',
    entries: Array.from({ length: 40 }, (_, i) =>
      entry(t0 + BigInt(i) * 1_234_567_891n, `x${'y'.repeat(i * 9)}`, 4, `\x05trace\x04${1000 + i}`),
    ),
  },
  {
    name: 'v2-filter-without-its-end',
    entries: Array.from({ length: 200 }, (_, i) =>
      entry(
        t0 + BigInt(i) * 1_000_000_000n,
        [1, 2, 3, 4, 5, 6].map((n) => (Math.imul(i * 6 + n, 2654435761) >>> 0).toString(36)).join(''),
      ),
    ),
  },
];
