// What the main thread loads before anybody asks for anything: memory at rest and the time to start.
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
/** What a gateway at rest has loaded, and with it all that is imported at the top of a module. */
const entries = [
  'src/main.ts',
  'src/config/sources/read-config.ts',
  'src/gateway/start-gateway.ts',
  'src/engine/run/query-engine.ts',
  'src/http/server/server.ts',
  'src/collectors/manager.ts',
];
/** Raise it for a module that every gateway needs at once; load others when they are needed. */
const modulesMax = 210;

async function loadedModules(): Promise<readonly string[]> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: entries,
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    outdir: join(root, 'dist'),
    packages: 'external',
    format: 'esm',
    platform: 'node',
  });
  const loaded = new Set<string>();
  const visit = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const { path, kind, external } of metafile.inputs[file]?.imports ?? [])
      if (kind === 'import-statement' && !external) visit(path);
  };
  for (const entry of entries) visit(entry);
  return [...loaded].map((file) => relative(join(root, 'src'), join(root, file))).sort();
}

it('loads no more than a gateway at rest needs', async () => {
  const loaded = await loadedModules();
  expect(loaded).toContain(join('http', 'server', 'app.ts'));
  expect(loaded.length).toBeLessThanOrEqual(modulesMax);
  // The work of other threads.
  const elsewhere =
    /^(?:logql\/(?!parse-error|walk)|regex\/(?!work-limit)|pipeline|kernels|template|tail\/serve|ingest\/(?:decode|entries|intake)|sqlite\/(?:write|build|read))/;
  expect(loaded.filter((file) => elsewhere.test(file))).toEqual([]);
});
