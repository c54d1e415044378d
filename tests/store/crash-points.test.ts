// The end of the process between any two steps that change the file: nothing acknowledged is lost, nothing is there
// twice, what was deleted stays hidden.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { verifyStore } from '../../src/sqlite/main/verify.ts';
import { failpoints } from '../../src/sqlite/threads/failpoint.ts';
import { openStore, removeFolder, temporaryFolder } from './open-store.ts';
import { readAll } from './read.ts';

const child = fileURLToPath(new URL('./crash-points-child.mjs', import.meta.url));

/** What the child said before it ended. */
async function run(path: string, name: string, hit: number) {
  const process = spawn(globalThis.process.execPath, [child, path, name, String(hit)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(process, 'exit');
  const said: string[] = [];
  for await (const line of createInterface({ input: process.stdout })) said.push(line);
  const [code, signal] = (await exited) as [number | null, string | null];
  return { said, code, signal };
}

// The first time that it comes by, and one in the midst of the work.
const cases = failpoints.flatMap((name) =>
  (name.startsWith('commit') ? [1, 73] : name === 'flush: between transactions' ? [1, 2] : [1]).map(
    (hit) => [name, hit] as const,
  ),
);

it.concurrent.each(cases)('%s, time %i', async (name, hit) => {
  const folder = temporaryFolder();
  try {
    const path = join(folder, 'skald.db');
    const { said, code, signal } = await run(path, name, hit);
    // It died there and not elsewhere: every place is on the way.
    expect({ code, signal, ended: said.includes('end') }).toEqual({
      code: null,
      signal: 'SIGKILL',
      ended: false,
    });
    const acknowledged = said.filter((line) => / \d+$/.test(line));
    const store = await openStore(folder, { deleteDelayMs: 3_600_000 });
    try {
      const stored = readAll(store.reader, store.host.snapshot()).map(
        ({ labels, line }) => `${labels.app} ${line.split(' ')[0]}`,
      );
      expect(new Set(stored).size).toBe(stored.length);
      const maybeGone = (entry: string): boolean =>
        (entry.startsWith('old') && said.includes('deleted')) ||
        (entry.startsWith('gone') && said.includes('compacted'));
      expect(acknowledged.filter((entry) => !maybeGone(entry) && !stored.includes(entry))).toEqual([]);
      if (said.includes('deleting')) expect(stored.filter((entry) => entry.startsWith('gone'))).toEqual([]);
      // A commit is whole or not there, its checkpoint with it.
      const positions = store.writer.checkpoints('test').filter(({ key }) => key === 'keep');
      const kept = stored.filter((entry) => entry.startsWith('keep')).map((entry) => Number(entry.slice(5)));
      expect(positions.map(({ state }) => Number(state))).toEqual(
        kept.length === 0 ? [] : [Math.max(...kept)],
      );
      // Whatever was begun can be done again.
      await store.host.flush();
      await store.host.compact();
      await store.host.retain();
      expect(
        readAll(store.reader, store.host.snapshot()).filter(({ labels }) => labels.app === 'keep'),
      ).toHaveLength(kept.length);
      expect((await verifyStore(path)).problems).toEqual([]);
    } finally {
      await store.close();
    }
  } finally {
    removeFolder(folder);
  }
});
