// A full disk: pushes are refused with a clear error, queries go on, and all goes on when there is space again. Needs
// a small file system of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { verifyStore } from '../../src/sqlite/main/verify.ts';
import { components, describeWith, runProgram } from '../real/require-component.ts';
import { openStore, removeFolder, temporaryFolder } from './open-store.ts';
import { readAll } from './read.ts';

const child = fileURLToPath(new URL('./disk-full-child.mjs', import.meta.url));

describeWith(components.mount, 'a full disk', () => {
  let folder: string;
  beforeAll(() => {
    folder = temporaryFolder();
    runProgram('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', folder]);
    writeFileSync(join(folder, 'ballast'), Buffer.alloc(6 * 1024 * 1024));
  });
  afterAll(() => {
    runProgram('umount', [folder]);
    removeFolder(folder);
  });

  it('refuses with StoreFullError, answers queries, and goes on with space', async () => {
    const path = join(folder, 'skald.db');
    const process = spawn(globalThis.process.execPath, [child, path, join(folder, 'ballast')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(process, 'exit');
    const said: string[] = [];
    for await (const line of createInterface({ input: process.stdout })) said.push(line);
    await exited;
    const full = /^full StoreFullError (\d+) (\d+) (.*)$/.exec(said[0] ?? '');
    expect(said[0]).toMatch(/^full StoreFullError/);
    expect(Number(full?.[1])).toBeGreaterThan(20);
    expect(full?.[2]).toBe(full?.[1]);
    expect(full?.[3]).toMatch(/no space left|cannot cut blocks/);
    const again = /^again (\d+) (\d+)$/.exec(said[1] ?? '');
    expect(Number(again?.[1])).toBe(Number(full?.[1]) + 20);
    expect(again?.[2]).toBe(again?.[1]);
    const store = await openStore(folder);
    try {
      expect(readAll(store.reader, store.host.snapshot())).toHaveLength(Number(again?.[1]));
      expect((await verifyStore(path)).problems).toEqual([]);
    } finally {
      await store.close();
    }
  });
});
