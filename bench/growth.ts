// A store that grows: a gigabyte a day of the corpus, its times shifted. At each size: ingest, memory, start, queries
// over the last hour and over all, retention of a day.
// Usage: tsx bench/growth.ts [--gb 1,3,10,30] [--folder KEPT] [--compact] [--program MAIN.JS] [--runs N] [--only NAME].
// A third of the largest size must be free on the disk. Without --folder all of it is removed.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SqliteStoreHost } from '../src/sqlite/main/host.ts';
import { storePath, storeSettings } from '../src/sqlite/main/settings.ts';
import { openWriter } from '../src/sqlite/write/writer.ts';
import { startServer } from '../tests/server.ts';
import { Corpus } from './corpus.ts';
import { entryColumns } from './corpus-columns.ts';
import { askGrowth, type GrowthSpan } from './growth-queries.ts';
import { cpuSeconds, metric, print, residentMb } from './measure.ts';

const { values: options } = parseArgs({
  options: {
    gb: { type: 'string', default: '1,3,10,30' },
    folder: { type: 'string' },
    /** What idle compaction makes of it, before the queries. */
    compact: { type: 'boolean', default: false },
    /** Another build of the gateway. */
    program: { type: 'string' },
    runs: { type: 'string', default: '5' },
    only: { type: 'string' },
    /** Last of all, what a gateway does that keeps the newest day only less. */
    retention: { type: 'boolean', default: false },
  },
});
const gigabyte = 1e9;
const firstDayNs = 1_795_392_000_000_000_000n;
const dayNs = 86_400_000_000_000n;
const spanNs = 22 * 3600 * 1e9;
const idleMs = 20_000;

const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'skald-growth-'));
mkdirSync(folder, { recursive: true });
const daysFile = join(folder, 'days');
const daysStored = (): number => (existsSync(daysFile) ? Number(readFileSync(daysFile, 'utf8')) : 0);

/** Adds days through the ordinary writer until there are so many. */
async function growTo(days: number): Promise<void> {
  const first = daysStored();
  if (first >= days && !options.compact) return;
  const host = await SqliteStoreHost.open(storeSettings(storePath(folder), { retentionNs: 0n }));
  const { settings, transfer } = host.writerSettings();
  if (transfer.length > 1) throw new Error('a writer has one port');
  const writer = openWriter(settings, { onHead: (head) => host.useHead(head) });
  try {
    const cpuBefore = cpuSeconds(process.pid);
    const started = performance.now();
    for (let day = first; day < days; day++) {
      const startNs = firstDayNs + BigInt(day) * dayNs;
      const corpus = new Corpus({ bytes: gigabyte, seed: day + 1, startNs, spanNs });
      const streams = corpus.streams.map(({ labels }) => writer.stream('fake', labels));
      for (const batch of corpus.batches()) await writer.append(entryColumns(batch, streams));
      await host.flush();
      writeFileSync(daysFile, String(day + 1));
    }
    const added = days - first;
    const seconds = (performance.now() - started) / 1000;
    const cpu = (cpuSeconds(process.pid) - cpuBefore) / added;
    if (added > 0)
      print(
        'ingest, with making the corpus',
        `${((added * 1000) / seconds).toFixed(0)} MB/s, ${cpu.toFixed(1)} CPU s/GB, peak RSS ${residentMb(process.pid).peak.toFixed(0)} MB`,
      );
    if (options.compact) await host.compact();
    if (options.compact) await host.tidy();
    const { blocks } = await host.stats();
    const mb = statSync(storePath(folder)).size / 1e6;
    print('stored', `${days} GB in ${blocks} blocks, ${(mb / days / 1000).toFixed(3)} of raw on the disk`);
  } finally {
    await writer.close();
    await host.close();
  }
}

const spanOf = (days: number): GrowthSpan => ({
  startNs: firstDayNs,
  endNs: firstDayNs + BigInt(days - 1) * dayNs + BigInt(spanNs),
});

async function measure(days: number): Promise<void> {
  const started = performance.now();
  const server = await startServer({
    dataDir: folder,
    environment: { SKALD_RETENTION_PERIOD: '0' },
    ...(options.program !== undefined && { program: options.program }),
  });
  const pid = server.process.pid as number;
  try {
    print('ready after', `${(performance.now() - started).toFixed(0)} ms`);
    await delay(idleMs);
    print('RSS at rest', `${residentMb(pid).now.toFixed(0)} MB`);
    await askGrowth(server.baseUrl, spanOf(days), { runs: Number(options.runs), only: options.only });
    const { now, peak } = residentMb(pid);
    print('RSS after the queries', `${now.toFixed(0)} MB, peak ${peak.toFixed(0)} MB`);
  } finally {
    await server.stop();
  }
}

/** A gateway that keeps one day less than there are, until the first has gone. */
async function retainAllButOne(): Promise<void> {
  const keptMs = Date.now() - Number((firstDayNs + dayNs) / 1_000_000n);
  const started = performance.now();
  const server = await startServer({
    dataDir: folder,
    environment: { SKALD_RETENTION_PERIOD: `${Math.floor(keptMs / 1000)}s` },
    ...(options.program !== undefined && { program: options.program }),
  });
  try {
    const blocks = async (): Promise<number> =>
      metric(await (await fetch(`${server.baseUrl}/metrics`)).text(), 'skald_store_blocks');
    const before = await blocks();
    let left = before;
    for (let last = Number.NaN; left === before || left !== last; await delay(1000)) {
      last = left;
      left = await blocks();
      if (performance.now() - started > 600_000)
        throw new Error('retention has deleted nothing in ten minutes');
    }
    print(
      'retention of a day',
      `${before - left} blocks within ${(performance.now() - started).toFixed(0)} ms`,
    );
  } finally {
    await server.stop();
  }
}

try {
  for (const days of options.gb.split(',').map(Number)) {
    print('—', `${days} GB`);
    await growTo(days);
    await measure(days);
  }
  if (options.retention) await retainAllButOne();
} finally {
  if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
}
