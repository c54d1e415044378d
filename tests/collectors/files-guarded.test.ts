// What others put in the place of a followed file: FIFOs, folders, links to what they may not read themselves.

import { execFile, execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chownSync,
  closeSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  openRegular,
  RefusedFileError,
  refuseForeignLinks,
} from '../../src/collectors/files/find/regular-file.ts';
import { components, describeWith } from '../real/require-component.ts';
import { numbered, numberedText, WatchedFolder } from './watched-folder.ts';

const swapper = fileURLToPath(new URL('fifo-swapper.mjs', import.meta.url));

describe('opening', () => {
  let path: string;
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'skald-guarded-'));
  });
  afterEach(() => rmSync(path, { recursive: true }));

  it.each<[string, (at: string) => void]>([
    ['a FIFO without a writer', (at) => execFileSync('mkfifo', [at])],
    ['a folder', (at) => mkdirSync(at)],
    ['a device', (at) => symlinkSync('/dev/zero', at)],
  ])('%s is refused, and nothing is waited for', (_, make) => {
    const at = join(path, 'app.log');
    make(at);
    expect(() => openRegular(at)).toThrow(RefusedFileError);
  });

  it('a path that is not one', () => {
    expect(() => openRegular(join(path, 'none'))).toThrow('ENOENT');
  });

  it('gives a descriptor of the file', () => {
    const at = join(path, 'app.log');
    writeFileSync(at, '');
    const fd = openRegular(at);
    expect(readlinkSync(`/proc/self/fd/${fd}`)).toBe(at);
    closeSync(fd);
  });
});

describeWith(components.root, 'links of other users', () => {
  const [writer, other] = [12_345, 12_346];
  let path: string;
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'skald-links-'));
  });
  afterEach(() => rmSync(path, { recursive: true }));

  /** Opens app.log after `make` has made it; whether it is refused. */
  const isRefused = (make: () => void): boolean => {
    make();
    const at = join(path, 'app.log');
    const fd = openRegular(at);
    try {
      refuseForeignLinks(fd, at);
      return false;
    } catch (error) {
      expect(error).toBeInstanceOf(RefusedFileError);
      return true;
    } finally {
      closeSync(fd);
    }
  };
  const file = (name: string, owner: number): string => {
    const at = join(path, name);
    mkdirSync(join(at, '..'), { recursive: true });
    writeFileSync(at, 'x\n');
    chownSync(at, owner, owner);
    return at;
  };
  const link = (name: string, to: string, owner: number): string => {
    const at = join(path, name);
    symlinkSync(to, at);
    lchownSync(at, owner, owner);
    return at;
  };

  it.each<[string, boolean, () => void]>([
    ['no link', false, () => file('app.log', writer)],
    ['a link of the owner', false, () => link('app.log', file('real', writer), writer)],
    ['a link of root', false, () => link('app.log', file('real', writer), 0)],
    ['a link to a file of root', true, () => link('app.log', file('secret', 0), writer)],
    ['a link to a file of another user', true, () => link('app.log', file('secret', other), writer)],
    [
      'a relative link of root to a foreign one',
      true,
      () => {
        link('through', file('secret', 0), writer);
        link('app.log', './through', 0);
      },
    ],
    [
      'a link that a folder on the way is',
      true,
      () => {
        file('secrets/app.log', 0);
        link('linked', 'secrets', writer);
        link('app.log', 'linked/app.log', 0);
      },
    ],
    [
      'a link up and down again',
      true,
      () => {
        file('secrets/app.log', 0);
        mkdirSync(join(path, 'folder'));
        link('folder/link', '../secrets/app.log', writer);
        link('app.log', 'folder/../folder/link', 0);
      },
    ],
  ])('%s is refused: %s', (_, refused, make) => {
    expect(isRefused(make)).toBe(refused);
  });

  it('one that is refused hinders no other, is told of, and is read when that is allowed', async () => {
    const folder = new WatchedFolder();
    link('secret-link', file('secret', 0), writer);
    symlinkSync(join(path, 'secret-link'), join(folder.path, 'linked.log'));
    writeFileSync(folder.log, numberedText(1, 3));
    const guarded = folder.start();
    await folder.count(3);
    await vi.waitUntil(() => guarded.collector.health().hint !== '', { timeout: 60_000 });
    const { state, hint } = guarded.collector.health();
    expect(state).toBe('running');
    expect(hint).toContain('files.follow_links_across_owners');
    await guarded.stop();
    expect(folder.sink.lines).toEqual(numbered(1, 3));
    folder.start({}, { followLinksAcrossOwners: true });
    await folder.count(4);
    expect(folder.sink.lines.at(-1)).toBe('x');
    await folder.remove();
  });
});

it('files that are swapped for FIFOs hold nothing up', async () => {
  const folder = new WatchedFolder();
  folder.start({}, { pollMs: 5, scanMs: 5 });
  writeFileSync(folder.log, numberedText(1, 10));
  await promisify(execFile)(process.execPath, [swapper, folder.path, '60']);
  appendFileSync(folder.log, numberedText(11, 20));
  await folder.sink.until(() => folder.sink.lines.includes('n 20'));
  await folder.remove();
});
