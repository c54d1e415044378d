// Which folders have changed since the last scan.

import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FolderLists } from '../../src/collectors/files/find/folder-lists.ts';
import { Folders } from '../../src/collectors/files/find/folders.ts';

let path: string;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'skald-folder-'));
});
afterEach(() => rmSync(path, { recursive: true }));

const agoSeconds = (seconds: number): Date => new Date(Date.now() - seconds * 1_000);

/** What is found in the folder, of each scan that finds it changed. */
class Scans {
  readonly folders = new Folders();
  readonly seen: string[][] = [];

  scan(): void {
    this.folders.begin();
    this.finish();
  }

  finish(): void {
    if (this.folders.hasChanged(path)) this.seen.push([...this.folders.names(path)]);
    this.folders.scanned();
  }
}

/** A file comes, so long ago that no other can have come within the same tick of the clock. */
function comes(name: string, seconds: number): void {
  writeFileSync(join(path, name), '');
  utimesSync(path, agoSeconds(seconds), agoSeconds(seconds));
}

it('what comes between two scans is found, though the folder was listed before', () => {
  const scans = new Scans();
  comes('a', 30);
  scans.scan();
  scans.folders.names(path);
  comes('b', 10);
  scans.scan();
  scans.scan();
  expect(scans.seen).toEqual([['a'], ['a', 'b']]);
});

it('what comes within a scan, behind the first list of it, is found by the next', () => {
  const scans = new Scans();
  comes('a', 30);
  scans.scan();
  scans.folders.begin();
  scans.folders.names(path);
  comes('b', 10);
  scans.finish();
  scans.scan();
  scans.scan();
  expect(scans.seen).toEqual([['a'], ['a', 'b']]);
});

it('a large folder that is not listed each time: what comes and goes is seen at the next look', async () => {
  const lists = new FolderLists();
  const names = async (): Promise<string[]> =>
    (await lists.of(path, () => {})).map(({ name }) => name).toSorted();
  const many = Array.from({ length: 1_200 }, (_, i) => `f${1_000 + i}`);
  for (const name of many) writeFileSync(join(path, name), '');
  utimesSync(path, agoSeconds(60), agoSeconds(60));
  expect(await names()).toEqual(many);
  expect(await names()).toEqual(many);
  comes('e', 40);
  expect(await names()).toEqual(['e', ...many]);
  rmSync(join(path, 'e'));
  expect(await names()).toEqual(many);
});
