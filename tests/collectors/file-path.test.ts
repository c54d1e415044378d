// Names of files that are no UTF-8.

import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pathOfBytes, shownPath, systemPath } from '../../src/collectors/files/find/file-path.ts';
import { findFiles } from '../../src/collectors/files/find/glob.ts';
import { expectEachOnce, numberedText, WatchedFolder } from './watched-folder.ts';

const bytes = (...parts: (string | number)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.of(part))));

describe('bytes and text', () => {
  it('any bytes lead back to themselves, through JSON too, and differ as text', () => {
    const anyBytes = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((array) => Buffer.from(array));
    fc.assert(
      fc.property(anyBytes, anyBytes, (some, others) => {
        const path = pathOfBytes(some);
        expect(Buffer.from(systemPath(JSON.parse(JSON.stringify(path)) as string))).toEqual(some);
        expect(path === pathOfBytes(others)).toBe(some.equals(others));
        expect(shownPath(path)).not.toMatch(/\p{Surrogate}/u);
      }),
    );
  });

  it.each([
    ['/var/log/app.log', bytes('/var/log/app.log')],
    ['/grün/日本/😀', bytes('/grün/日本/😀')],
    ['/a\\xffb', bytes('/a', 0xff, 'b')],
    ['/gr\\xfcn', bytes('/gr', 0xfc, 'n')],
    ['/\\xe6\\x97', bytes('/', 0xe6, 0x97)],
    // Text that has the character for what was no text.
    ['/\ufffd', bytes('/\ufffd')],
    ['/\ufffd\\xff', bytes('/\ufffd', 0xff)],
  ])('%j is shown', (shown, path) => expect(shownPath(pathOfBytes(path))).toBe(shown));
});

describe('files', () => {
  let folder: WatchedFolder;
  beforeEach(() => {
    folder = new WatchedFolder();
  });
  afterEach(() => folder.remove());

  const inFolder = (...parts: (string | number)[]): Buffer => bytes(`${folder.path}/`, ...parts);

  it('are read, over a crash and a rotation, and shown escaped', async () => {
    const log = inFolder('gr', 0xfc, 'n.log');
    writeFileSync(log, numberedText(1, 5));
    const one = folder.start();
    await folder.count(5);
    await folder.crash(one);
    writeFileSync(log, numberedText(6, 10), { flag: 'a' });
    folder.start();
    await folder.count(10);
    writeFileSync(log, numberedText(11, 12), { flag: 'a' });
    renameSync(log, inFolder('gr', 0xfc, 'n.log.1'));
    writeFileSync(log, numberedText(13, 15));
    await folder.count(15);
    expectEachOnce(folder.sink.lines, 15);
    const names = folder.sink.entries.map(({ labels }) => labels.find(([name]) => name === 'filename')?.[1]);
    expect(new Set(names)).toEqual(new Set([`${folder.path}/gr\\xfcn.log`]));
  });

  it('in folders of such names, by globs, two that differ in a byte alone', async () => {
    mkdirSync(inFolder('d', 0xff));
    writeFileSync(inFolder('d', 0xff, '/a', 0xfe, '.log'), 'one\n');
    writeFileSync(inFolder('d', 0xff, '/a', 0xfd, '.log'), 'two\n');
    folder.start({ include: [join(folder.path, '*', 'a?.log')] });
    await folder.count(2);
    expect(folder.sink.lines.toSorted()).toEqual(['one', 'two']);
  });
});

it('relative globs are of the working directory, also those of braces', async () => {
  const path = mkdtempSync(join(tmpdir(), 'skald-relative-'));
  writeFileSync(join(path, 'a.log'), '');
  writeFileSync(join(path, 'b.log'), '');
  const before = process.cwd();
  try {
    process.chdir(path);
    const found = (...globs: string[]): Promise<string[]> => findFiles(globs, [], () => {});
    expect(await found('*.log')).toEqual([join(path, 'a.log'), join(path, 'b.log')]);
    expect(await found('./a.log', '../nowhere/x')).toEqual([join(path, 'a.log')]);
    expect(await found(`{${path}/a,b}.log`)).toEqual([join(path, 'a.log'), join(path, 'b.log')]);
    expect(await findFiles(['*.log'], ['a.*'], () => {})).toEqual([join(path, 'b.log')]);
  } finally {
    process.chdir(before);
    rmSync(path, { recursive: true });
  }
});
