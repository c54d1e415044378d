// The built gateway for half an hour under steady pushes, queries and retention: do memory, SQLite's log and the file
// level off? Usage: tsx bench/soak.ts [minutes] [megabytes per second]. SKALD_… variables reach the gateway, so that
// retention by size or age can be set. Prints a row a minute and stops by itself.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Server, startServer } from '../tests/server.ts';
import { Corpus } from './corpus.ts';
import { residentMb } from './measure.ts';
import { pushBodies } from './push-body.ts';

const minutes = Number(process.argv[2] ?? 30);
const megabytesPerSecond = Number(process.argv[3] ?? 20);
const bytesPerSecond = megabytesPerSecond * 1e6;
const hourNs = 3_600_000_000_000n;
const queryEveryMs = 1000;

const queries = [
  '{service_name=~".+"}',
  '{service_name=~".+"} |= "deadlock"',
  'sum by (detected_level) (count_over_time({service_name=~".+"}[1h]))',
  'sum by (status) (count_over_time({format="pino"} | json status="status" [10m]))',
];

interface Counts {
  pushes: number;
  bytes: number;
  refused: number;
  queries: number;
  queryFailures: number;
  slowestQueryMs: number;
}
const counts: Counts = { pushes: 0, bytes: 0, refused: 0, queries: 0, queryFailures: 0, slowestQueryMs: 0 };

async function pushSteadily(server: Server, signal: AbortSignal): Promise<void> {
  // Times run over the 22 hours before now: all are accepted, and retention has old ones to find.
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  const corpus = new Corpus({ bytes: bytesPerSecond * minutes * 60, startNs: nowNs - 22n * hourNs });
  const began = performance.now();
  for (const { body, lineBytes } of pushBodies(corpus)) {
    if (signal.aborted) return;
    const response = await fetch(`${server.baseUrl}/loki/api/v1/push`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: new Uint8Array(body),
    });
    if (response.status === 204) counts.bytes += lineBytes;
    else counts.refused++;
    counts.pushes++;
    const aheadMs = (counts.bytes / bytesPerSecond) * 1000 - (performance.now() - began);
    if (aheadMs > 1) await delay(aheadMs);
  }
}

async function askSteadily(server: Server, signal: AbortSignal): Promise<void> {
  for (let i = 0; !signal.aborted; i++) {
    const endNs = BigInt(Date.now()) * 1_000_000n;
    const parameters = new URLSearchParams({
      query: queries[i % queries.length] as string,
      start: String(endNs - 24n * hourNs),
      end: String(endNs),
      step: '600',
    });
    const began = performance.now();
    const response = await fetch(`${server.baseUrl}/loki/api/v1/query_range?${parameters}`);
    await response.arrayBuffer();
    if (response.status !== 200) counts.queryFailures++;
    counts.queries++;
    counts.slowestQueryMs = Math.max(counts.slowestQueryMs, performance.now() - began);
    await delay(queryEveryMs);
  }
}

function sizes(server: Server): { residentNow: number; peakMb: number; fileMb: number; logMb: number } {
  const { now: residentNow, peak } = residentMb(server.process.pid as number);
  const size = (ending: string): number =>
    readdirSync(server.dataDir)
      .filter((name) => name.endsWith(ending))
      .reduce((sum, name) => sum + statSync(join(server.dataDir, name)).size, 0) / 1e6;
  return { residentNow, peakMb: peak, fileMb: size('.db'), logMb: size('-wal') };
}

function row(minute: number, server: Server): string {
  const { residentNow, peakMb, fileMb, logMb } = sizes(server);
  const cells = [
    `${minute} min`,
    `${(counts.bytes / 1e9).toFixed(2)} GB pushed`,
    `RSS ${residentNow.toFixed(0)} MB`,
    `peak ${peakMb.toFixed(0)} MB`,
    `file ${fileMb.toFixed(0)} MB`,
    `SQLite log ${logMb.toFixed(1)} MB`,
    `${counts.queries} queries, ${counts.queryFailures} failed, slowest ${counts.slowestQueryMs.toFixed(0)} ms`,
    `${counts.refused} pushes refused`,
  ];
  return cells.join(' | ');
}

const environment = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) =>
    name.startsWith('SKALD_') && value !== undefined ? [[name, value]] : [],
  ),
);
const server = await startServer({ environment });
const end = new AbortController();
try {
  const work = Promise.all([pushSteadily(server, end.signal), askSteadily(server, end.signal)]);
  work.catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
  for (let minute = 1; minute <= minutes; minute++) {
    await delay(60_000);
    console.log(row(minute, server));
    counts.slowestQueryMs = 0;
  }
  end.abort();
  await work;
  console.log(`exit ${await server.stop('SIGTERM')}`);
} finally {
  await server.remove();
}
