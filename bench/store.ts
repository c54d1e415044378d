// The store: sustained ingest beside a null sink, disk, memory, scans; then the built gateway on what is stored.
// Usage: tsx bench/store.ts [--mb 1024]. Needs twice as much free disk in the temporary folder; removes all of it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { LineFilterStage } from '../src/logql/stages/line-filter.ts';
import { SqliteStoreHost } from '../src/sqlite/main/host.ts';
import { storePath, storeSettings } from '../src/sqlite/main/settings.ts';
import { WriteLock } from '../src/sqlite/threads/write-lock.ts';
import { openWriter, type SqliteStoreWriter } from '../src/sqlite/write/writer.ts';
import type { StoreStats } from '../src/store/statistics.ts';
import type { ScanRequest } from '../src/store/store.ts';
import { startServer } from '../tests/server.ts';
import { Corpus, needles } from './corpus.ts';
import { entryColumns } from './corpus-columns.ts';
import { readCorpus, writeCorpus } from './corpus-file.ts';
import { cpuSeconds, print, quantile, residentMb } from './measure.ts';
import { Scanners } from './store-scan.ts';

const { values: options } = parseArgs({ options: { mb: { type: 'string', default: '1024' } } });
const mebibyte = 1024 * 1024;
const cores = 2;
const idleMs = 10_000;
const folder = mkdtempSync(join(tmpdir(), 'skald-bench-'));
const corpusFile = join(folder, 'corpus');
const settings = storeSettings(storePath(folder), { retentionNs: 0n });
/** What reading the corpus and copying its lines takes: no store can be faster. */
function nullSink(mb: number): void {
  const kept = Buffer.alloc(4 * mebibyte);
  const started = performance.now();
  for (const { bytes } of readCorpus(corpusFile)) kept.set(bytes);
  print('null sink', `${((mb / (performance.now() - started)) * 1000).toFixed(0)} MB/s`);
}

/** How long each commit from now on waits for the builder's transactions. */
function lockWaits(): number[] {
  const waits: number[] = [];
  const { acquireUrgent } = WriteLock.prototype;
  WriteLock.prototype.acquireUrgent = async function () {
    const started = performance.now();
    await acquireUrgent.call(this);
    waits.push(performance.now() - started);
  };
  return waits;
}

const quantiles = (ms: readonly number[]): string =>
  `p50 ${quantile(ms, 0.5).toFixed(2)}, p99 ${quantile(ms, 0.99).toFixed(2)}, max ${quantile(ms, 1).toFixed(1)} ms`;

async function ingest(host: SqliteStoreHost, writer: SqliteStoreWriter, corpus: Corpus): Promise<void> {
  const mb = corpus.totals.lineBytes / 1e6;
  const streams = corpus.streams.map(({ labels }) => writer.stream('fake', labels));
  const waits = lockWaits();
  const appends: number[] = [];
  const residentBefore = residentMb(process.pid).now;
  const cpuBefore = cpuSeconds(process.pid);
  const started = performance.now();
  for (const batch of readCorpus(corpusFile)) {
    const appendStarted = performance.now();
    await writer.append(entryColumns(batch, streams));
    appends.push(performance.now() - appendStarted);
  }
  await host.flush();
  const seconds = (performance.now() - started) / 1000;
  const cpu = ((cpuSeconds(process.pid) - cpuBefore) / mb) * 1000;
  print('ingest with blocks', `${(mb / seconds).toFixed(0)} MB/s, ${cpu.toFixed(1)} CPU s/GB`);
  print('append of 1 MB, blocks catching up', quantiles(appends));
  const above = waits.filter((ms) => ms > 1).length;
  print('a commit waits for the builder', `${quantiles(waits)}, ${above} of ${waits.length} above 1 ms`);
  const { peak } = residentMb(process.pid);
  print('peak RSS ingesting', `${peak.toFixed(0)} MB, ${residentBefore.toFixed(0)} MB before`);
}

function printDisk(when: string, stats: StoreStats, lineBytes: number): void {
  const perRaw = (bytes: number): string => (bytes / lineBytes).toFixed(4);
  const { free = 0, wal = 0 } = stats.bytesByKind;
  print(
    `disk per raw byte, ${when}`,
    `in use ${perRaw(stats.diskBytes - free - wal)} (columns ${perRaw(stats.blockDataBytes)}, filters ${perRaw(stats.blockFilterBytes)}), free ${perRaw(free)}, commits and SQLite's log ${perRaw(wal)}, ${stats.blocks} blocks`,
  );
}

/** What idle compaction makes of it, all at once. */
async function compact(host: SqliteStoreHost, lineBytes: number): Promise<void> {
  const started = performance.now();
  await host.compact();
  const rate = lineBytes / 1e3 / (performance.now() - started);
  await host.tidy();
  await host.retain();
  const { compaction } = await host.stats();
  print('compaction', `${compaction.blocksIn} blocks to ${compaction.blocksOut}, ${rate.toFixed(0)} MB/s`);
}

const filter = (text: string, op: LineFilterStage['op'] = '|='): Partial<ScanRequest> => ({
  lineFilters: [{ kind: 'lineFilter', op, alternatives: [{ text, ip: false }] }],
});
/** Name, request, hits after which it may stop, threads. */
const scans: readonly [string, Partial<ScanRequest>, number, number][] = [
  ['needle', filter(needles.once), Infinity, 1],
  ['substring needle', filter(needles.substring), Infinity, 1],
  ['absent literal', filter(needles.absent), Infinity, 1],
  ['(?i) phrase', filter(`(?i)${needles.phrase}`, '|~'), Infinity, 1],
  ['regex', filter(needles.regex, '|~'), Infinity, 1],
  ['literal, full scan', filter('zq#'), Infinity, 1],
  ['literal, full scan, two cores', filter('zq#'), Infinity, cores],
  ['count by minute, all streams', {}, Infinity, 1],
  ['all lines, two cores', { needLines: true, needMetadata: true }, Infinity, cores],
  ['latest 1,000', { needLines: true, needMetadata: true }, 1000, 1],
];

async function runScans(host: SqliteStoreHost): Promise<void> {
  const data = { reader: host.readerSettings(), snapshot: host.snapshot() };
  for (const [name, changes, hitsMax, threads] of scans) {
    const request: ScanRequest = {
      tenant: 'fake',
      matchers: [],
      startNs: 0n,
      endNs: 2n ** 62n,
      direction: 'backward',
      lineFilters: [],
      needLines: false,
      needMetadata: false,
      ...changes,
    };
    const scanners = await Scanners.open(data, threads);
    const first = await scanners.run(request, hitsMax);
    const warm = [await scanners.run(request, hitsMax), await scanners.run(request, hitsMax)];
    await scanners.close();
    const { ms, cpuMs } = warm.reduce((best, result) => (result.cpuMs < best.cpuMs ? result : best));
    const { hits, rawBytes, blocksRead, blocksSkipped } = first;
    const gb = rawBytes / 1e9;
    print(
      name,
      `first ${first.ms.toFixed(1)} ms, warm ${ms.toFixed(1)} ms (CPU ${cpuMs.toFixed(1)}), ${(ms / gb).toFixed(1)} ms/GB, ${((gb / ms) * 1000).toFixed(2)} GB/s; ${hits} hits, ${blocksRead} blocks read, ${blocksSkipped} skipped`,
    );
  }
}

/** The built gateway on the store: how soon it is ready, and what it takes when it has nothing to do. */
async function gateway(): Promise<void> {
  const started = performance.now();
  const server = await startServer({ dataDir: folder, environment: { SKALD_RETENTION_PERIOD: '0' } });
  try {
    print('gateway ready after', `${(performance.now() - started).toFixed(0)} ms`);
    await delay(idleMs);
    const { now, peak } = residentMb(server.process.pid as number);
    print('gateway RSS when idle', `${now.toFixed(0)} MB, peak ${peak.toFixed(0)} MB`);
  } finally {
    await server.stop();
  }
}

try {
  const corpus = new Corpus({ bytes: Number(options.mb) * mebibyte, batchBytes: mebibyte });
  writeCorpus(corpusFile, corpus);
  const { lineBytes, entries } = corpus.totals;
  print('corpus', `${(lineBytes / 1e6).toFixed(0)} MB, ${entries} lines`);
  nullSink(lineBytes / 1e6);
  const host = await SqliteStoreHost.open(settings);
  const writer = openWriter(host.writerSettings().settings, { onHead: (list) => host.useHead(list) });
  await ingest(host, writer, corpus);
  for (const when of ['as flushed', 'compacted']) {
    if (when === 'compacted') await compact(host, lineBytes);
    printDisk(when, await host.stats(), lineBytes);
    await runScans(host);
  }
  await writer.close();
  await host.close();
  await gateway();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
