import { expect, it } from 'vitest';
import type { Output } from '../../src/commands/cli/output.ts';
import { createProgress, progressLine } from '../../src/commands/cli/progress.ts';

it.each<[done: number, total: number | undefined, elapsedMs: number, unit: string, want: string]>([
  [0, 100, 0, 'blocks', `copying  [${'.'.repeat(30)}]  0%  0 blocks`],
  [
    50,
    100,
    1000,
    'blocks',
    `copying  [${'#'.repeat(15)}${'.'.repeat(15)}]  50%  50 blocks  50 blocks/s  1 s left`,
  ],
  [100, 100, 1000, 'blocks', `copying  [${'#'.repeat(30)}]  100%  100 blocks  100 blocks/s`],
  [7, undefined, 1000, 'entries', 'copying  7 entries  7 entries/s'],
  [2_000_000, undefined, 1000, 'bytes', 'copying  2.0 MB  2.0 MB/s'],
  [0, 0, 1000, 'blocks', 'copying  0 blocks'],
])('%d of %s after %d ms in %s', (done, total, elapsedMs, unit, want) => {
  expect(progressLine({ label: 'copying', unit }, { done, total, elapsedMs }, 200)).toBe(want);
});

it('is no wider than the terminal', () => {
  const line = progressLine({ label: 'x', unit: 'blocks' }, { done: 1, total: 2, elapsedMs: 9000 }, 20);
  expect(line).toHaveLength(19);
});

it.each([
  [true, 'x  1 entries', 2],
  [false, '', 0],
])('with a terminal (%s) it draws, at most ten times a second', async (terminal, first, writes) => {
  const written: string[] = [];
  const notes: Output = {
    terminal,
    columns: () => 80,
    write: async () => {
      throw new Error('not for text that moves the cursor');
    },
    draw: async (text) => void written.push(text),
    end: async () => {},
  };
  let nowMs = 0;
  const progress = createProgress(notes, { label: 'x', unit: 'entries', nowMs: () => nowMs });
  await progress.update(1, undefined);
  nowMs = 50;
  await progress.update(2, undefined);
  await progress.end();
  expect(written).toHaveLength(writes);
  expect(written[0] ?? '').toContain(first);
});
