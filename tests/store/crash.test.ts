// kill -9 at any moment: what was acknowledged is there, once, and the checkpoint agrees with it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { openStore, removeFolder, temporaryFolder } from './open-store.ts';
import { readAll } from './read.ts';

const child = fileURLToPath(new URL('./crash-child.mjs', import.meta.url));
const kills = 5;
const folders: string[] = [];
afterEach(() => folders.splice(0).forEach(removeFolder));

/** Lets the child write until it has acknowledged `count` lines, then kills it. Returns the last number seen. */
async function writeAndKill(path: string, first: number, count: number): Promise<number> {
  const process = spawn(globalThis.process.execPath, [child, path, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(process, 'exit');
  let last = first - 1;
  try {
    for await (const line of createInterface({ input: process.stdout })) {
      last = Number(line);
      if (last >= first + count) break;
    }
  } finally {
    process.kill('SIGKILL');
  }
  await exited;
  return last;
}

it('kill -9 in a loop loses no acknowledged line and stores none twice', async () => {
  const folder = temporaryFolder();
  folders.push(folder);
  let next = 0;
  for (let kill = 0; kill < kills; kill++) {
    // Odd counts let the kill fall before, into and after flushes.
    const last = await writeAndKill(join(folder, 'skald.db'), next, 60 + kill * 97);
    const store = await openStore(folder);
    try {
      const numbers = readAll(store.reader, store.host.snapshot()).map(({ line }) =>
        Number(line.split(' ')[1]),
      );
      const stored = numbers.at(-1) as number;
      expect(stored).toBeGreaterThanOrEqual(last);
      expect(numbers).toEqual(Array.from({ length: stored + 1 }, (_, n) => n));
      expect(store.writer.checkpoints('test')).toEqual([
        { source: 'test', key: 'position', state: String(stored) },
      ]);
      next = stored + 1;
    } finally {
      await store.close();
    }
  }
});
