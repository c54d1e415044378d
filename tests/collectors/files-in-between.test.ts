// What happens to files within one look of the collector: between two of its calls of the file system, where another
// process may do anything.

import { appendFileSync, renameSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { onCalls } from './files-calls.ts';
import { copyAndCut, expectEachOnce, numberedText, shift, WatchedFolder } from './watched-folder.ts';

vi.mock('node:fs', async (original) => (await import('./files-calls.ts')).toldOf(await original()));

let folder: WatchedFolder;
beforeEach(() => {
  folder = new WatchedFolder();
});
afterEach(async () => {
  onCalls(undefined);
  await folder.remove();
});

interface Step {
  readonly call: string;
  /** Of any file, when it is left out. */
  readonly of?: string;
  readonly does: () => void;
}

/** The steps are taken, and lines 1 to `last` come, none of them twice later. */
async function expectAll(steps: { readonly left: number }, last: number): Promise<void> {
  await folder.count(last);
  await delay(300);
  expect(steps.left).toBe(0);
  expectEachOnce(folder.sink.lines, last);
}

/** Lets each of `steps` happen before the next call it is for: calls in this order, others may lie between. */
function between(...steps: Step[]): { readonly left: number } {
  const left = [...steps];
  onCalls((name, of) => {
    const [next] = left;
    if (!next || name !== next.call || of !== (next.of ?? of)) return;
    left.shift();
    next.does();
  });
  return {
    get left() {
      return left.length;
    },
  };
}

describe('a rotation', () => {
  it('by copy: the copy is looked at when half of it is there, and the rest comes with the cut', async () => {
    const { log } = folder;
    const rotated = `${log}.1`;
    writeFileSync(log, numberedText(1, 100));
    folder.start();
    await folder.count(100);
    writeFileSync(rotated, numberedText(1, 40));
    const steps = between({
      call: 'openSync',
      of: rotated,
      does: () => {
        appendFileSync(rotated, numberedText(41, 100));
        truncateSync(log);
        appendFileSync(log, numberedText(101, 110));
      },
    });
    await expectAll(steps, 110);
  });

  it('by copy twice: the second copy is looked at when it still could be one of an older file', async () => {
    const { log } = folder;
    writeFileSync(log, numberedText(1, 100));
    // Read more seldom than looked for: what was copied the second time is in the copy only.
    folder.start({}, { pollMs: 300, scanMs: 30 });
    await folder.count(100);
    renameSync(log, `${log}.1`);
    writeFileSync(log, numberedText(101, 110));
    await folder.count(110);
    copyAndCut(log, `${log}.2`);
    const text = numberedText(111, 150);
    appendFileSync(log, text);
    const half = 'n 1'.length;
    writeFileSync(`${log}.3`, text.slice(0, half));
    const steps = between(
      { call: 'openSync', of: `${log}.3`, does: () => {} },
      {
        call: 'statSync',
        does: () => {
          appendFileSync(`${log}.3`, text.slice(half));
          truncateSync(log);
          appendFileSync(log, numberedText(151, 152));
        },
      },
    );
    await expectAll(steps, 152);
  });

  it('by copy, and the copy is renamed while it is looked for', async () => {
    const { log } = folder;
    writeFileSync(log, numberedText(1, 100));
    // Looked for when the file is found cut, not by a scan before.
    folder.start({}, { pollMs: 300, scanMs: 60_000 });
    await folder.count(100);
    appendFileSync(log, numberedText(101, 150));
    copyAndCut(log, `${log}.1`);
    const steps = between({
      call: 'statSync',
      of: `${log}.1`,
      does: () => {
        shift(log);
        writeFileSync(log, numberedText(151, 160));
      },
    });
    await expectAll(steps, 160);
  });

  it.each([1, 2, 3, 4])(
    'by copy, at a start: before the %i. read of the file that is opened',
    async (read) => {
      const { log } = folder;
      const nothing = (): void => {};
      writeFileSync(log, numberedText(1, 100));
      const first = folder.start();
      await folder.count(100);
      shift(log);
      writeFileSync(log, numberedText(101, 110));
      await folder.count(110);
      await first.stop();
      const steps = between(
        { call: 'openSync', of: log, does: nothing },
        ...Array.from({ length: read }, (_, i) => ({
          call: 'readSync',
          does: i + 1 === read ? () => shift(log, copyAndCut) : nothing,
        })),
      );
      folder.start();
      await vi.waitUntil(() => steps.left === 0, { timeout: 60_000 });
      appendFileSync(log, numberedText(111, 112));
      await expectAll(steps, 112);
    },
  );

  it('by name, at a start: the path leads nowhere at first, and to the new file at the end of the look', async () => {
    const { log } = folder;
    writeFileSync(log, numberedText(1, 100));
    const first = folder.start();
    await folder.count(100);
    await first.stop();
    appendFileSync(log, numberedText(101, 150));
    renameSync(log, `${log}.1`);
    const steps = between({
      call: 'statSync',
      of: log,
      does: () => writeFileSync(log, numberedText(151, 160)),
    });
    folder.start();
    await expectAll(steps, 160);
  });

  it('by name, at a start: the new file, too, is renamed before it is opened', async () => {
    const { log } = folder;
    writeFileSync(log, numberedText(1, 100));
    const first = folder.start();
    await folder.count(100);
    await first.stop();
    appendFileSync(log, numberedText(101, 150));
    const rotate = (from: number): void => {
      shift(log);
      writeFileSync(log, numberedText(from, from + 9));
    };
    const steps = between(
      { call: 'statSync', of: log, does: () => rotate(151) },
      { call: 'openSync', of: log, does: () => rotate(161) },
    );
    folder.start();
    await expectAll(steps, 170);
  });

  it('by name: a file that was closed for want of descriptors, while its path leads nowhere', async () => {
    const [one, two] = [join(folder.path, 'one.log'), join(folder.path, 'two.log')];
    const longAgo = new Date(Date.now() - 60_000);
    for (const [path, text] of [
      [one, numberedText(1, 100)],
      [two, numberedText(101, 200)],
    ] as const) {
      writeFileSync(path, text);
      utimesSync(path, longAgo, longAgo);
    }
    folder.start({}, { descriptorsMax: 1, scanMs: 500 });
    await folder.count(200);
    appendFileSync(one, numberedText(201, 210));
    renameSync(one, `${one}.1`);
    appendFileSync(two, numberedText(211, 220));
    renameSync(two, `${two}.1`);
    await folder.count(220);
    expectEachOnce(folder.sink.lines, 220);
  });
});
