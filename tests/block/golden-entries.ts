// The entries of the golden blocks. Never change one: a block written years ago must still decode to it. Add.
import type { TestEntry } from './entries.ts';

export interface GoldenBlock {
  /** File in golden/, without its ending. */
  readonly name: string;
  readonly entries: readonly TestEntry[];
  /** Lines as templates and columns. */
  readonly lineColumns?: true;
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
  {
    name: 'v2-lines-json',
    lineColumns: true,
    entries: Array.from({ length: 600 }, (_, i) => {
      const n = Math.imul(i + 1, 2654435761) >>> 0;
      const id = n.toString(16).padStart(8, '0');
      const fields = [
        `"time":"2026-11-30T20:${String(i % 60).padStart(2, '0')}:07.${String(n % 1000).padStart(3, '0')}Z"`,
        `"status":${[200, 404, 503][n % 3]}`,
        `"ms":${n % 100}.${n % 10}`,
        `"id":"${id}-${id}"`,
        `"at":${1_795_392_000_000 + i * 250}`,
        `"user":"name-${(n % 400).toString(36)}"`,
        `"req":{"path":"/users/${n % 5000}/orders","agent":"curl/8.${n % 10} (x86; ${n.toString(36)})"}`,
      ];
      return entry(
        t0 + BigInt(i) * 1_000_000n,
        i % 50 === 7 ? `not JSON: ${n.toString(36)}` : `{${fields.join(',')}}`,
      );
    }),
  },
  {
    name: 'v2-lines-logfmt',
    lineColumns: true,
    entries: Array.from({ length: 900 }, (_, i) => {
      const n = Math.imul(i + 1, 2246822519) >>> 0;
      return entry(
        t0 + BigInt(i) * 1_000_000n,
        `seq=${i} change=-${n % 70000} level=${['info', 'warn'][n % 2]} msg="user ${n % 900} has gone" took=${n % 300}ms ` +
          `text=${n.toString(36)}z${'y'.repeat(n % 5)}${i % 9 === 0 ? ' extra="a \\"b\\""' : ''}`,
        4,
        i % 3 === 0 ? '\x03pod\x05web-1' : '',
      );
    }),
  },
];
