// npm run release [-- FOLDER]: makes skald-VERSION-linux-ARCH.tar.gz and its check sum, in ./release unless told otherwise.
// The archive brings all but the C and C++ libraries of the system: the program as it was built, its packages, and the
// Node that runs this, for which their native parts were compiled.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const root = fileURLToPath(new URL('../', import.meta.url));
const manifestShape = z.object({ name: z.string(), version: z.string() });
const lockShape = z.object({ packages: z.record(z.string(), z.object({ dev: z.boolean().optional() })) });
const read = (file: string): unknown => JSON.parse(readFileSync(join(root, file), 'utf8'));

/** Beside `bin/node` and the packages. */
const parts = [
  ...['bin/skald', 'dist', 'proto', 'grafana', 'systemd', 'docs'],
  ...['README.md', 'CHANGELOG.md', 'SECURITY.md', 'LICENSE', 'package.json'],
];
/** Types, sources and their maps are for who develops. */
const forDevelopers = /\.(?:map|[cm]?ts|cc?|cpp|h|gypi?)$/;
/** What compiling a package's native part left, beside the part itself. */
const leftOfCompiling = /^(?:deps|build\/(?!Release(?:\/[^/]+\.node)?$).+|.*\/test_extension\.node)$/;

if (process.platform !== 'linux' || !hasGlibc())
  fail('an archive can be made on Linux with the GNU C library');
if (!existsSync(join(root, 'dist/main.js'))) fail('there is nothing built: npm run build');

const { name, version } = manifestShape.parse(read('package.json'));
const folder = `${name}-${version}-linux-${process.arch}`;
const target = resolve(process.argv[2] ?? join(root, 'release'));
const staging = mkdtempSync(join(tmpdir(), 'skald-release-'));
try {
  const place = join(staging, folder);
  mkdirSync(join(place, 'bin'), { recursive: true });
  for (const part of parts) copyPart(part, place);
  for (const part of packages()) copyPart(part, place);
  copyFileSync(process.execPath, join(place, 'bin/node'));
  chmodSync(join(place, 'bin/node'), 0o755);
  copyFileSync(nodeLicence(), join(place, 'LICENSE.node'));
  console.log(pack(folder));
} finally {
  rmSync(staging, { recursive: true, force: true });
}

/** Folders of the packages that the program needs, as the lock file tells, and that this platform has. */
function packages(): readonly string[] {
  const { packages: locked } = lockShape.parse(read('package-lock.json'));
  return Object.entries(locked)
    .filter(([path, { dev }]) => path !== '' && dev !== true && existsSync(join(root, path)))
    .map(([path]) => path);
}

function copyPart(part: string, place: string): void {
  const isCompiled = existsSync(join(root, part, 'binding.gyp'));
  cpSync(join(root, part), join(place, part), {
    recursive: true,
    filter: (source) => {
      const path = relative(join(root, part), source);
      if (forDevelopers.test(path) || (isCompiled && leftOfCompiling.test(path))) return false;
      // Packages inside of others are listed by themselves.
      return !path.startsWith('node_modules');
    },
  });
}

/** Where releases of Node and packages of it have its licence, and those of what is compiled into it. */
function nodeLicence(): string {
  const home = dirname(dirname(process.execPath));
  const places = [
    join(home, 'LICENSE'),
    join(home, 'share/doc/nodejs/LICENSE'),
    join(home, 'share/doc/nodejs/copyright'),
  ];
  return places.find((file) => existsSync(file)) ?? fail(`no licence of Node in ${places.join(', ')}`);
}

/** The archive's path. The same files make the same archive, whoever packs them and when. */
function pack(packed: string): string {
  mkdirSync(target, { recursive: true });
  const file = `${packed}.tar.gz`;
  const archive = join(target, file);
  execFileSync('tar', [
    ...['--create', '--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=go=rX'],
    ...['--use-compress-program=gzip -n -6', `--file=${archive}`, `--directory=${staging}`, packed],
  ]);
  const sum = createHash('sha256').update(readFileSync(archive)).digest('hex');
  writeFileSync(`${archive}.sha256`, `${sum}  ${file}\n`);
  return archive;
}

function hasGlibc(): boolean {
  const report = process.report.getReport() as {
    readonly header?: { readonly glibcVersionRuntime?: string };
  };
  return report.header?.glibcVersionRuntime !== undefined;
}

function fail(why: string): never {
  console.error(`release: ${why}`);
  process.exit(1);
}
