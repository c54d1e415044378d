// Inodes that come again: a file system gives them to the next file.

import {
  appendFileSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, it } from 'vitest';
import {
  expectEachOnce,
  longerThanKeptMs,
  numberedText,
  passTime,
  shift,
  WatchedFolder,
} from './watched-folder.ts';

const triesMax = 20_000;
const attemptsMax = 5;

let folder: WatchedFolder;
beforeEach(() => {
  folder = new WatchedFolder();
});
afterEach(() => folder.remove());

describe('a rotated file is removed, and a copy gets its inode', () => {
  /** Copies and cuts a file; the copy has this inode. False where the file system does not give inodes again. */
  function copyAndCutWithInode(from: string, to: string, inode: number): boolean {
    // Lower inodes that are free are given first.
    const tries: string[] = [];
    let found: string | undefined;
    while (found === undefined && tries.length < triesMax) {
      const path = join(folder.path, `try-${tries.length}`);
      writeFileSync(path, '');
      tries.push(path);
      if (statSync(path).ino === inode) found = path;
    }
    if (found) {
      appendFileSync(found, readFileSync(from));
      renameSync(found, to);
      truncateSync(from);
    }
    for (const path of tries) rmSync(path, { force: true });
    return found !== undefined;
  }

  /** Whether an attempt got the inode: another process may have taken it. */
  async function hasGotInode(attempt: () => Promise<boolean>): Promise<boolean> {
    for (let left = attemptsMax; left > 0; left--) {
      if (await attempt()) return true;
      await folder.remove();
      folder = new WatchedFolder();
    }
    return false;
  }

  it('while it is closed, but not forgotten', async ({ skip }) => {
    const attempt = async (): Promise<boolean> => {
      writeFileSync(folder.log, numberedText(1, 100));
      folder.start({}, { pollMs: 300, scanMs: 60_000 });
      await folder.count(100);
      shift(folder.log);
      writeFileSync(folder.log, numberedText(101, 110));
      await folder.count(110);
      passTime(longerThanKeptMs);
      await folder.letGo(`${folder.log}.1`);
      const { ino } = statSync(`${folder.log}.1`);
      rmSync(`${folder.log}.1`);
      appendFileSync(folder.log, numberedText(111, 120));
      if (!copyAndCutWithInode(folder.log, `${folder.log}.1`, ino)) return false;
      appendFileSync(folder.log, numberedText(121, 125));
      await folder.count(125);
      return true;
    };
    skip(!(await hasGotInode(attempt)), 'no inode is given again');
    expectEachOnce(folder.sink.lines, 125);
  });

  it.for([100, 0])('while nobody reads; %i lines were read of the one removed', async (lines, { skip }) => {
    const attempt = async (): Promise<boolean> => {
      const first = folder.start();
      writeFileSync(folder.log, numberedText(101 - lines, 100));
      await folder.sink.until(() => folder.sink.kept.size > 0 && folder.sink.entries.length === lines);
      shift(folder.log);
      writeFileSync(folder.log, numberedText(101, 110));
      await folder.count(lines + 10);
      await first.stop();
      const { ino } = statSync(`${folder.log}.1`);
      rmSync(`${folder.log}.1`);
      appendFileSync(folder.log, numberedText(111, 120));
      if (!copyAndCutWithInode(folder.log, `${folder.log}.1`, ino)) return false;
      appendFileSync(folder.log, numberedText(121, 125));
      folder.start();
      await folder.count(lines + 25);
      return true;
    };
    skip(!(await hasGotInode(attempt)), 'no inode is given again');
    await delay(300);
    expectEachOnce(folder.sink.lines, 125, 101 - lines);
  });
});
