// The built gateway on a store of some size: how soon it is ready and what memory it takes, at rest, after queries, and
// at rest again. Usage: tsx bench/start.ts [--mb 1024] [--starts 5] [--data-dir DIR]: the store there is used, or made
// there and kept; without it the store is made in the temporary folder and removed.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SqliteStoreHost } from '../src/sqlite/main/host.ts';
import { storePath, storeSettings } from '../src/sqlite/main/settings.ts';
import { openWriter } from '../src/sqlite/write/writer.ts';
import { type Server, startServer } from '../tests/server.ts';
import { Corpus } from './corpus.ts';
import { entryColumns } from './corpus-columns.ts';
import { cpuSeconds, metric, print, quantile, residentMb } from './measure.ts';

const { values: options } = parseArgs({
  options: {
    mb: { type: 'string', default: '1024' },
    starts: { type: 'string', default: '5' },
    'data-dir': { type: 'string' },
  },
});
const mebibyte = 1024 * 1024;
const idleMs = 30_000;
/** Query threads must have ended by then. */
const threadsEndMs = 10 * 60_000;
/** What they leave behind is given back a little later. */
const settleMs = 15_000;

const startNs = 1_795_392_000_000_000_000n;
const range = { start: String(startNs), end: String(startNs + 23n * 3_600_000_000_000n) };
const queries: readonly (readonly [path: string, params: Readonly<Record<string, string>>])[] = [
  ['labels', {}],
  ['query_range', { query: '{env=~".+"}', limit: '1000' }],
  ['query_range', { query: 'sum by (app) (rate({env="prod"}[5m]))', step: '60' }],
  ['query_range', { query: 'sum(count_over_time({env=~".+"} |~ "order \\\\d+ for" [1h]))', step: '3600' }],
  ['query_range', { query: 'sum by (format) (count_over_time({format="pino"} | json [1h]))', step: '3600' }],
];

/** Blocks as they are after a while: merged, nothing left to do. */
async function makeStore(folder: string): Promise<void> {
  const corpus = new Corpus({ bytes: Number(options.mb) * mebibyte, batchBytes: mebibyte, startNs });
  const host = await SqliteStoreHost.open(storeSettings(storePath(folder), { retentionNs: 0n }));
  const writer = openWriter(host.writerSettings().settings, { onHead: (list) => host.useHead(list) });
  const streams = corpus.streams.map(({ labels }) => writer.stream('fake', labels));
  for (const batch of corpus.batches()) await writer.append(entryColumns(batch, streams));
  await host.flush();
  await host.compact();
  await host.tidy();
  await host.retain();
  await writer.close();
  await host.close();
}

async function start(dataDir: string): Promise<{ server: Server; ms: number }> {
  const started = performance.now();
  const server = await startServer({ dataDir, environment: { SKALD_RETENTION_PERIOD: '0' } });
  return { server, ms: performance.now() - started };
}

async function startAgainAndAgain(dataDir: string): Promise<void> {
  const ready: number[] = [];
  const cpu: number[] = [];
  for (let i = 0; i < Number(options.starts); i++) {
    const { server, ms } = await start(dataDir);
    ready.push(ms);
    cpu.push(cpuSeconds(server.process.pid as number));
    await server.stop();
  }
  const [median, worst] = [quantile(ready, 0.5), quantile(ready, 1)];
  print('ready after', `${median.toFixed(0)} ms, at worst ${worst.toFixed(0)} ms`);
  print('CPU time until then', `${quantile(cpu, 0.5).toFixed(2)} s`);
}

const text = async (url: string): Promise<string> => (await fetch(url)).text();

async function memory(dataDir: string): Promise<void> {
  const { server } = await start(dataDir);
  const pid = server.process.pid as number;
  const say = async (when: string): Promise<void> => {
    const threads = metric(await text(`${server.baseUrl}/metrics`), 'skald_query_workers');
    const { now, peak } = residentMb(pid);
    print(`RSS ${when}`, `${now.toFixed(0)} MB, peak ${peak.toFixed(0)} MB, ${threads} query threads`);
  };
  try {
    await say('when ready');
    await delay(idleMs);
    await say(`${idleMs / 1000} s later`);
    for (const [path, params] of [...queries, ...queries]) {
      const asked = new URLSearchParams({ ...range, ...params });
      const response = await fetch(`${server.baseUrl}/loki/api/v1/${path}?${asked}`);
      const body = await response.text();
      if (!response.ok) throw new Error(`${response.status} ${body.slice(0, 200)}`);
    }
    await say('after ten queries');
    const deadline = performance.now() + threadsEndMs;
    while (metric(await text(`${server.baseUrl}/metrics`), 'skald_query_workers') > 0) {
      if (performance.now() > deadline) throw new Error('query threads did not end');
      await delay(1000);
    }
    await delay(settleMs);
    await say('at rest again');
    const cpuBefore = cpuSeconds(pid);
    await delay(idleMs);
    const share = (cpuSeconds(pid) - cpuBefore) / (idleMs / 1000);
    print('CPU at rest', `${(share * 100).toFixed(2)} % of a core`);
  } finally {
    await server.stop();
  }
}

const folder = options['data-dir'] ?? mkdtempSync(join(tmpdir(), 'skald-bench-'));
try {
  mkdirSync(folder, { recursive: true });
  if (!existsSync(storePath(folder))) await makeStore(folder);
  await startAgainAndAgain(folder);
  await memory(folder);
} finally {
  if (options['data-dir'] === undefined) rmSync(folder, { recursive: true, force: true });
}
