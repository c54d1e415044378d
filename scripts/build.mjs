// Builds dist/: TypeScript by tsc, AssemblyScript kernels (src/kernels/assembly/*.ts) to dist/kernels/*.wasm,
// the page for browsers (src/page), as one file with its packages, to dist/page. Other files read at run time (proto/) stay where they are.
// What starts (the program, its threads) is bundled: to find, open and link hundreds of modules in each thread would be
// a third of the time to start. Packages stay outside, as they are installed.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bin = (name) => join(root, 'node_modules', '.bin', name);
const run = (name, args) => execFileSync(bin(name), args, { cwd: root, stdio: 'inherit' });

const assembly = join(root, 'src/kernels/assembly');
const bundleName = (entry) => entry.replaceAll('/', '-');
/** Parts of an earlier build stay for programs that run on it: they load some only when they need them. */
const bundleKeptMs = 3_600_000;
const wasmFolder = join(root, 'dist/kernels');
mkdirSync(wasmFolder, { recursive: true });
/** Kernels share modules: one that changed concerns all. */
const newestMs = Math.max(
  ...readdirSync(assembly, { recursive: true }).map((file) => statSync(join(assembly, file)).mtimeMs),
);
for (const file of readdirSync(assembly).filter((name) => name.endsWith('.ts'))) {
  const source = join(assembly, file);
  const target = join(wasmFolder, `${basename(file, '.ts')}.wasm`);
  if (!existsSync(target) || statSync(target).mtimeMs <= newestMs) await compile(source, target);
}

async function compile(source, target) {
  // Loaded when needed: the compiler takes a second to start.
  const { default: asc } = await import('assemblyscript/asc');
  // Renamed when whole, so that nobody reads half of it.
  const unfinished = `${target}.${process.pid}`;
  const { error } = await asc.main(
    [
      ...[relative(root, source), '--baseDir', root, '--outFile', relative(root, unfinished)],
      ...['-O3', '--noAssert', '--runtime', 'stub', '--importMemory'],
      ...['--enable', 'simd', '--enable', 'bulk-memory'],
    ],
    { stdout: process.stdout, stderr: process.stderr },
  );
  if (error) throw error;
  renameSync(unfinished, target);
}
run('tsc', ['-p', 'tsconfig.json']);
const pageScripts = await bundlePage();
await bundleEntries();
removeLeftovers(pageScripts);
writeFileSync(join(root, 'dist/build-info.json'), JSON.stringify(buildInfo()));
chmodSync(join(root, 'dist/main.js'), 0o755);

/** The entries, and parts that they share, to dist/bundle; the entries' own modules only lead there. */
async function bundleEntries() {
  const source = join(root, 'src');
  const entries = readdirSync(source, { recursive: true })
    .filter((file) => file === 'main.ts' || file.endsWith('-worker.ts'))
    .map((file) => file.replace(/\.ts$/, ''));
  await build({
    entryPoints: entries.map((entry) => ({ in: join(source, `${entry}.ts`), out: bundleName(entry) })),
    outdir: join(root, 'dist/bundle'),
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
    plugins: [{ name: 'own places', setup: keepPlaces }],
  });
  for (const entry of entries) {
    const bundle = relative(dirname(entry), `bundle/${bundleName(entry)}.js`);
    const start = entry === 'main' ? '#!/usr/bin/env node\n' : '';
    writeFileSync(
      join(root, 'dist', `${entry}.js`),
      `${start}import '${bundle.startsWith('.') ? bundle : `./${bundle}`}';\n`,
    );
  }
}

/** What browsers load, packages included, and the licences of those. Resolves with the names of its scripts. */
async function bundlePage() {
  const [source, target] = [join(root, 'src/page'), join(root, 'dist/page')];
  mkdirSync(target, { recursive: true });
  const { metafile } = await build({
    entryPoints: [join(source, 'main.ts'), join(source, 'style.css')],
    outdir: target,
    bundle: true,
    // What is imported when it is needed becomes a file of its own.
    splitting: true,
    chunkNames: '[name]',
    minify: true,
    format: 'esm',
    target: 'es2022',
    metafile: true,
    logLevel: 'warning',
  });
  for (const file of ['index.html', 'icon.svg']) copyFileSync(join(source, file), join(target, file));
  writeFileSync(join(target, 'licenses.txt'), licensesOf(Object.keys(metafile.inputs)));
  for (const file of readdirSync(target).filter((name) => /\.(?:html|js|css|svg|txt)$/.test(name)))
    writeFileSync(join(target, `${file}.gz`), gzipSync(readFileSync(join(target, file)), { level: 9 }));
  return new Set(Object.keys(metafile.outputs).map((file) => basename(file)));
}

/** The licence of every package that one of the files is from. */
function licensesOf(files) {
  const folders = files.map((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))]
    .sort()
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
      const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
      const text = file === undefined ? '' : readFileSync(join(root, folder, file), 'utf8');
      return `${name} ${version} (${license})\n\n${text}`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}

/** Modules find files beside themselves: each goes on saying where in dist it is. */
function keepPlaces({ onLoad }) {
  onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
    const place = relative(join(root, 'src'), path).replace(/\.ts$/, '.js');
    const contents = readFileSync(path, 'utf8').replaceAll(
      'import.meta.url',
      `new URL('../${place}', import.meta.url).href`,
    );
    return { contents, loader: 'ts' };
  });
}

/** What was compiled from modules that have gone would be packed, too. */
function removeLeftovers(pageScripts) {
  const dist = join(root, 'dist');
  for (const file of readdirSync(join(dist, 'bundle'))) {
    const path = join(dist, 'bundle', file);
    if (Date.now() - statSync(path).mtimeMs > bundleKeptMs) rmSync(path, { force: true });
  }
  for (const file of readdirSync(dist, { recursive: true })) {
    if (dirname(file) === 'bundle') continue;
    const module = /^(.*)\.js(\.map)?$/.exec(file)?.[1];
    if (module === undefined) continue;
    const isMade =
      dirname(file) === 'page'
        ? pageScripts.has(basename(file))
        : existsSync(join(root, 'src', `${module}.ts`));
    if (!isMade) rmSync(join(dist, file));
  }
}

/** The commit that is built, given where its history is not at hand (a container's build), else asked of git. */
function buildInfo() {
  const { BUILD_REVISION, BUILD_DATE } = process.env;
  if (BUILD_REVISION) return { revision: BUILD_REVISION, date: BUILD_DATE ?? '' };
  const git = spawnSync('git', ['log', '-1', '--format=%H %cI'], { cwd: root, encoding: 'utf8' });
  const [revision = '', date = ''] = git.status === 0 ? git.stdout.trim().split(' ') : [];
  return { revision, date };
}
