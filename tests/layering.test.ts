// A folder of src/ imports only from itself and from the folders above it in this list, which is the table of
// ARCHITECTURE.md read from top to bottom.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const src = join(root, 'src');

const layers = [
  ...readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').matchAll(/^\| `src\/([a-z]+)`\s+\|/gm),
].map((match) => match[1] as string);

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.startsWith(join('kernels', 'assembly')))
  .sort();

const folderOf = (file: string): string | undefined => (file.includes(sep) ? file.split(sep)[0] : undefined);

function importsOf(file: string): string[] {
  const text = readFileSync(join(src, file), 'utf8');
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(
    (match) => match[1] as string,
  );
  return specifiers.map((specifier) => relative(src, join(src, dirname(file), specifier)));
}

describe('layering', () => {
  it('knows every folder of src/', () => {
    const folders = [...new Set(files.map(folderOf).filter((folder) => folder !== undefined))];
    expect(folders.filter((folder) => !layers.includes(folder))).toEqual([]);
    expect(files.length).toBeGreaterThan(10);
  });

  it('has no folder of more than 25 files without sub-folders', () => {
    const own = new Map<string, number>();
    for (const file of files) own.set(dirname(file), (own.get(dirname(file)) ?? 0) + 1);
    const isParted = (folder: string): boolean =>
      [...own.keys()].some((other) => other.startsWith(`${folder}${sep}`));
    const crowded = [...own].filter(([folder, count]) => count > 25 && !isParted(folder));
    expect(crowded).toEqual([]);
  });

  it('keeps the kind of store to the gateway and the commands about its file', () => {
    const naming = files.filter(
      (file) =>
        folderOf(file) !== 'sqlite' && importsOf(file).some((imported) => folderOf(imported) === 'sqlite'),
    );
    const aboutTheFile = [
      'doctor/doctor-machine',
      'store/backup',
      'store/export',
      'store/push-target',
      'store/verify',
    ];
    expect(naming.filter((file) => folderOf(file) !== 'gateway')).toEqual(
      aboutTheFile.map((name) => join('commands', `${name}.ts`)),
    );
  });

  it.each(files)('src/%s imports from its own or an upper layer', (file) => {
    const own = folderOf(file);
    if (own === undefined) return expect(file).toBe('main.ts');
    const wrong = importsOf(file).filter((imported) => {
      const folder = folderOf(imported);
      return folder === undefined || !layers.includes(folder) || layers.indexOf(folder) > layers.indexOf(own);
    });
    return expect(wrong).toEqual([]);
  });
});
