// Other users of the machine can neither read the store and its copies nor choose where they are written.
import {
  chmodSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backupStore } from '../../src/sqlite/main/backup.ts';
import { components, describeWith } from '../real/require-component.ts';
import { entryColumns } from './columns.ts';
import { openStore, removeFolder, temporaryFolder } from './open-store.ts';

const nobody = 65534;
let top: string;
let folder: string;
let umask: number;
beforeEach(() => {
  top = temporaryFolder();
  folder = join(top, 'data');
  umask = process.umask();
});
afterEach(() => {
  process.umask(umask);
  removeFolder(top);
});

const modeOf = (...path: string[]): string => (statSync(join(...path)).mode & 0o777).toString(8);
const storeFiles = ['skald.db', 'skald.db-lock', 'skald.db-shm', 'skald.db-wal'];

describe('the store', () => {
  it.each([0, 0o022, 0o277])('is for its user alone, umask %o', async (mask) => {
    process.umask(mask);
    const store = await openStore(folder);
    const id = store.writer.stream('fake', [['app', 'a']]);
    await store.writer.append(entryColumns([{ stream: id, ns: 1n, line: 'x' }]));
    const modes = Object.fromEntries(readdirSync(folder).map((name) => [name, modeOf(folder, name)]));
    expect(modes).toEqual(Object.fromEntries(storeFiles.map((name) => [name, '600'])));
    expect(modeOf(folder)).toBe('700');
    await store.close();
  });

  it('takes from the files of an older one what others may do with them; a folder that is there keeps its mode', async () => {
    mkdirSync(folder);
    await (await openStore(folder)).close();
    for (const name of ['skald.db', 'skald.db-lock']) chmodSync(join(folder, name), 0o644);
    writeFileSync(join(folder, 'skald.db-wal'), '', { mode: 0o644 });
    chmodSync(folder, 0o750);
    const store = await openStore(folder);
    for (const name of readdirSync(folder)) expect(modeOf(folder, name), name).toBe('600');
    expect(modeOf(folder)).toBe('750');
    await store.close();
  });

  it('may be a link of its own user’s to another place', async () => {
    mkdirSync(folder);
    symlinkSync(join(top, 'elsewhere.db'), join(folder, 'skald.db'));
    await (await openStore(folder)).close();
    expect(modeOf(top, 'elsewhere.db')).toBe('600');
  });

  describeWith(components.root, 'in a folder where others can write', () => {
    it.each([
      ...storeFiles.map((name) => [name, 'a link'] as const),
      ...storeFiles.map((name) => [name, 'a file'] as const),
    ])('is refused when %s is %s of theirs', async (name, kind) => {
      mkdirSync(folder);
      chmodSync(folder, 0o1777);
      const precious = join(top, 'precious');
      writeFileSync(precious, 'precious');
      if (kind === 'a link') symlinkSync(precious, join(folder, name));
      else writeFileSync(join(folder, name), '');
      lchownSync(join(folder, name), nobody, nobody);
      // Root trusts the folder's owner: he is root here.
      await expect(openStore(folder)).rejects.toThrow(
        new RegExp(`${name}.*is ${kind} of another user \\(uid ${nobody}\\)`),
      );
      expect(readFileSync(precious, 'utf8')).toBe('precious');
    });
  });
});

describe('a backup', () => {
  it.each([
    ['a link to nothing', (file: string) => symlinkSync(join(top, 'victim'), file)],
    [
      'a link to a file',
      (file: string) => {
        writeFileSync(join(top, 'victim'), 'precious');
        symlinkSync(join(top, 'victim'), file);
      },
    ],
    ['a file', (file: string) => writeFileSync(file, 'precious')],
    ['a folder', (file: string) => mkdirSync(file)],
  ])('is not written through %s', async (_, make) => {
    const store = await openStore(folder);
    const file = join(top, 'copy.db');
    make(file);
    const before = readdirSync(top);
    const victim = existsSync(join(top, 'victim')) && readFileSync(join(top, 'victim'), 'utf8');
    await expect(backupStore(join(folder, 'skald.db'), file)).rejects.toThrow(`${file} exists already`);
    expect(readdirSync(top)).toEqual(before);
    expect(existsSync(join(top, 'victim')) && readFileSync(join(top, 'victim'), 'utf8')).toBe(victim);
    await store.close();
  });

  it.each([0, 0o022])('is for its user alone, and nothing else stays, umask %o', async (mask) => {
    process.umask(mask);
    const store = await openStore(folder);
    await backupStore(join(folder, 'skald.db'), join(top, 'copy.db'));
    expect(modeOf(top, 'copy.db')).toBe('600');
    expect(readdirSync(top).sort()).toEqual(['copy.db', 'data']);
    await store.close();
  });

  it('does not take the place of a file that comes while it is made', async () => {
    const store = await openStore(folder);
    const file = join(top, 'copy.db');
    const copying = backupStore(join(folder, 'skald.db'), file, () => {
      if (!existsSync(file)) writeFileSync(file, 'precious');
    });
    await expect(copying).rejects.toThrow(`${file} exists already`);
    expect(readFileSync(file, 'utf8')).toBe('precious');
    rmSync(file);
    await store.close();
  });
});
