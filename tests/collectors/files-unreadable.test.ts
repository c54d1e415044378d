// Files that may be read no more when they have been rotated, as auditd makes them.

import { appendFileSync, chmodSync, renameSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { components, describeWith } from '../real/require-component.ts';
import { onCalls } from './files-calls.ts';
import { expectEachOnce, numberedText, WatchedFolder } from './watched-folder.ts';

vi.mock('node:fs', async (original) => (await import('./files-calls.ts')).toldOf(await original()));

const nobody = 65_534;

describeWith(components.root, 'a gateway that is nobody', () => {
  let folder: WatchedFolder;
  beforeEach(() => {
    folder = new WatchedFolder();
    chmodSync(folder.path, 0o755);
    process.seteuid?.(nobody);
  });
  afterEach(async () => {
    onCalls(undefined);
    process.seteuid?.(0);
    await folder.remove();
  });

  const asRoot = (act: () => void): void => {
    process.seteuid?.(0);
    act();
    process.seteuid?.(nobody);
  };
  const rotated = (): string => `${folder.log}.1`;
  const rotate = (last: string, first: string): void =>
    asRoot(() => {
      appendFileSync(folder.log, last);
      renameSync(folder.log, rotated());
      chmodSync(rotated(), 0o400);
      writeFileSync(folder.log, first);
    });

  it('reads what is left from the descriptor that is open', async () => {
    asRoot(() => writeFileSync(folder.log, numberedText(1, 10)));
    folder.start();
    await folder.count(10);
    rotate(numberedText(11, 20), numberedText(21, 30));
    await folder.count(30);
    expectEachOnce(folder.sink.lines, 30);
  });

  it('reads what is left when it may be read again, if it was rotated while nobody read', async () => {
    asRoot(() => writeFileSync(folder.log, numberedText(1, 10)));
    await folder.start().stop();
    const first = folder.start();
    await folder.count(10);
    await first.stop();
    rotate(numberedText(11, 20), numberedText(21, 30));
    const { collector } = folder.start();
    await folder.count(20);
    await vi.waitUntil(() => collector.health().hint.includes(rotated()), { timeout: 60_000 });
    expect(collector.health().state).toBe('running');
    asRoot(() => chmodSync(rotated(), 0o644));
    await folder.count(30);
    expectEachOnce(folder.sink.lines, 30);
    await vi.waitUntil(() => collector.health().hint === '', { timeout: 60_000 });
  });

  it.each([1, 2, 3, 4, 5, 6])(
    'reads nothing again when it may be read again right before the attempt no. %i to open it',
    async (attempt) => {
      asRoot(() => writeFileSync(folder.log, numberedText(1, 10)));
      await folder.start().stop();
      const first = folder.start();
      await folder.count(10);
      await first.stop();
      rotate('', numberedText(11, 20));
      let left = attempt;
      onCalls((call, of) => {
        if (call === 'openSync' && of === rotated() && --left === 0)
          asRoot(() => chmodSync(rotated(), 0o644));
      });
      folder.start();
      await folder.count(20);
      await vi.waitUntil(() => left <= 0, { timeout: 60_000 });
      asRoot(() => appendFileSync(folder.log, numberedText(21, 30)));
      await folder.count(30);
      expectEachOnce(folder.sink.lines, 30);
    },
  );

  it('one that may not be read hinders no other', async () => {
    asRoot(() => {
      writeFileSync(`${folder.path}/secret.log`, 'x\n', { mode: 0o600 });
      writeFileSync(folder.log, numberedText(1, 3));
    });
    const { collector } = folder.start();
    await folder.count(3);
    await vi.waitUntil(() => collector.health().hint.includes('secret.log'), { timeout: 60_000 });
    expect(collector.health().state).toBe('running');
  });
});
