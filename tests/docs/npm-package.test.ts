// What `npm pack` puts into the package: all that the program reads when it runs, and nothing that only we need.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

const inFolder = (folder: string, pattern: RegExp): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => pattern.test(file))
    .map((file) => posix.join(folder, file));

describe('the package', () => {
  let files: readonly string[];
  beforeAll(() => {
    // Scripts would build again.
    const { stdout, stderr } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(stdout, stderr).toMatch(/^\s*\[/);
    files = (JSON.parse(stdout) as [{ files: { path: string }[] }])[0].files.map(({ path }) => path);
  });

  it('has each module, compiled', () => {
    const modules = inFolder('src', /\.ts$/)
      .filter((file) => !/^src\/(?:kernels\/assembly|page)\/|\.d\.ts$/.test(file))
      .map((file) => file.replace(/^src/, 'dist').replace(/\.ts$/, '.js'));
    expect(modules.length).toBeGreaterThan(100);
    expect(modules.filter((file) => !files.includes(file))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(['bin/skald', 'dist/main.js']));
  });

  it('has what modules read: kernels, the page, schemas, their own version', () => {
    // Those in sub-folders are modules of several.
    const kernels = inFolder('src/kernels/assembly', /^[^/]+\.ts$/).map(
      (file) => `dist/kernels/${posix.basename(file, '.ts')}.wasm`,
    );
    const wanted = [
      ...kernels,
      ...inFolder('src/page', /\.(html|svg)$/).map((file) => file.replace(/^src/, 'dist')),
      ...inFolder('proto', /\.proto$/),
      ...inFolder('grafana', /\.(json|ya?ml)$/),
      'dist/page/main.js',
      'dist/page/style.css',
      'dist/page/licenses.txt',
      'package.json',
      'LICENSE',
      'dist/build-info.json',
    ];
    expect(wanted.length).toBeGreaterThan(15);
    expect(wanted.filter((file) => !files.includes(file))).toEqual([]);
  });

  it('has every file whose path stands in a module', () => {
    const named = files
      // What is bundled says the same as the modules, of other places.
      .filter((file) => /^dist\/.*\.js$/.test(file) && !/^dist\/(page|bundle)\//.test(file))
      .flatMap((file) =>
        [
          ...readFileSync(join(root, file), 'utf8').matchAll(
            /['"](\.{1,2}\/[\w./-]+\.(?:js|json|proto|wasm))['"]/g,
          ),
        ].map(([, path = '']) => posix.join(dirname(file), path)),
      );
    expect(named.length).toBeGreaterThan(500);
    expect([...new Set(named)].filter((file) => !files.includes(file))).toEqual([]);
  });

  it('has nothing else', () => {
    const expected =
      /^(bin\/skald|dist\/.*\.(js|wasm)|dist\/build-info\.json|dist\/page\/[\w-]+\.(js|html|css|svg|txt)(\.gz)?|proto\/[\w-]+\.proto|(docs|grafana|systemd)\/.*|[A-Z]+\.md|LICENSE|package\.json)$/;
    expect(files.filter((file) => !expected.test(file))).toEqual([]);
  });
});
