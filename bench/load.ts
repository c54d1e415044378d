// The built gateway with everything at once: pushes at a steady rate, 200 tails, a dashboard each second. Is every
// acknowledged line stored and sent, does memory stay bounded, does the main thread stay quick? Usage:
// tsx bench/load.ts [seconds] [megabytes per second] [tails]. Exits with 1 when a promise is broken.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startServer } from '../tests/server.ts';
import { addCounts, type LoadBodies, makeLoadBodies, noCounts, tailedText } from './load-bodies.ts';
import { type DashboardCounts, runDashboards } from './load-dashboard.ts';
import type { TailQueries, TailTotals } from './load-tails.ts';
import { cpuSeconds, mainThreadSeconds, post, print, quantile, residentMb } from './measure.ts';

const seconds = Number(process.argv[2] ?? 60);
const megabytesPerSecond = Number(process.argv[3] ?? 50);
const tails = Number(process.argv[4] ?? 200);
const streams = 200;
const connections = 4;
const eventLoopMsMax = 50;
const residentMbMax = 1024;
/** How long tails may lag after the last push: on a machine that others keep busy it is much. */
const settleMsMax = 60_000;

interface Pushed {
  readonly acknowledged: ReturnType<typeof noCounts>;
  lineBytes: number;
  refused: number;
  readonly latenciesMs: number[];
}

/** Sends what is due over a few connections until the time is over; a refused push is sent again, as agents do. */
async function push(baseUrl: string, { bodies }: LoadBodies): Promise<Pushed> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const pushed: Pushed = { acknowledged: noCounts(streams), lineBytes: 0, refused: 0, latenciesMs: [] };
  const began = performance.now();
  let next = 0;
  let due = 0;
  const lane = async (): Promise<void> => {
    for (;;) {
      const stored = bodies[next++];
      if (stored === undefined || performance.now() - began > seconds * 1000) return;
      const aheadMs = (due / (megabytesPerSecond * 1e6)) * 1000 - (performance.now() - began);
      due += stored.lineBytes;
      if (aheadMs > 1) await delay(aheadMs);
      const body = stored.read();
      for (;;) {
        const sentMs = performance.now();
        const { status, text } = await post(agent, `${baseUrl}/loki/api/v1/push`, body);
        if (status === 204) {
          pushed.latenciesMs.push(performance.now() - sentMs);
          break;
        }
        if (status !== 429) throw new Error(`push: ${status} ${text}`);
        pushed.refused++;
        await delay(200);
      }
      addCounts(pushed.acknowledged, stored);
      pushed.lineBytes += stored.lineBytes;
    }
  };
  await Promise.all(Array.from({ length: connections }, lane));
  agent.destroy();
  return pushed;
}

async function openTails(baseUrl: string, pods: readonly string[]): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('./load-tails.ts', import.meta.url)));
  const queries = Array.from({ length: tails }, (_, i) => `{pod="${pods[i % streams]}"} |= "${tailedText}"`);
  child.send({ baseUrl, queries } satisfies TailQueries);
  await once(child, 'message');
  return child;
}

async function totalsOf(child: ChildProcess): Promise<TailTotals> {
  child.send('count');
  return (await once(child, 'message'))[0] as TailTotals;
}

const sum = (values: Iterable<number>): number => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};

/** Waits until the tails have what they are owed, or nothing more is to be expected. */
async function settledTails(child: ChildProcess, owed: number): Promise<TailTotals> {
  const until = performance.now() + settleMsMax;
  for (;;) {
    const totals = await totalsOf(child);
    if (sum(totals.received) >= owed || performance.now() > until) return totals;
    await delay(200);
  }
}

/** Entries by pod, counted by the gateway from what it stored. */
async function storedByPod(baseUrl: string, filter: string): Promise<ReadonlyMap<string, number>> {
  const parameters = new URLSearchParams({
    query: `sum by (pod) (count_over_time({env=~".+"} ${filter} [1h]))`,
    time: String(Date.now() / 1000 + 60),
  });
  const response = await fetch(`${baseUrl}/loki/api/v1/query?${parameters}`);
  const text = await response.text();
  if (response.status !== 200) throw new Error(text);
  const { data } = JSON.parse(text) as {
    data: { result: { metric: { pod: string }; value: [number, string] }[] };
  };
  return new Map(data.result.map(({ metric, value }) => [metric.pod, Number(value[1])]));
}

async function metricsOf(baseUrl: string): Promise<(name: string) => number> {
  const page = await (await fetch(`${baseUrl}/metrics`)).text();
  return (name) =>
    sum([...page.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))].map((m) => Number(m[1])));
}

const broken: string[] = [];
const promise = (name: string, value: string, kept: boolean): void => {
  print(name, kept ? value : `${value}   BROKEN`);
  if (!kept) broken.push(name);
};

/** Streams whose count is not what was acknowledged. */
const wrong = (
  pods: readonly string[],
  owed: Uint32Array,
  stored: ReadonlyMap<string, number>,
): readonly string[] => pods.filter((pod, i) => (stored.get(pod) ?? 0) !== owed[i]);

const bytes = seconds * megabytesPerSecond * 1e6;
process.stdout.write(`making ${(bytes / 1e9).toFixed(1)} GB of pushes …\n`);
const made = makeLoadBodies({
  bytes,
  streams,
  startNs: BigInt(Date.now()) * 1_000_000n,
  spanNs: seconds * 1e9,
});
const busyBefore = loadavg()[0] as number;
const server = await startServer({
  environment: { SKALD_LIMITS_MAX_CONCURRENT_TAIL_REQUESTS: '0' },
});
const end = new AbortController();
const child = await openTails(server.baseUrl, made.pods);
try {
  const { baseUrl } = server;
  const pid = server.process.pid as number;
  const cpuBefore = cpuSeconds(pid);
  const mainBefore = mainThreadSeconds(pid);
  await metricsOf(baseUrl);
  const began = performance.now();
  const memory: number[] = [];
  const watch = setInterval(() => memory.push(residentMb(pid).now), 1000);
  const [pushed, dashboards] = await Promise.all([
    push(baseUrl, made).finally(() => end.abort()),
    runDashboards(baseUrl, end.signal),
  ]);
  const took = (performance.now() - began) / 1000;
  clearInterval(watch);
  const metric = await metricsOf(baseUrl);
  const cpu = (cpuSeconds(pid) - cpuBefore) / took;
  const main = mainThreadSeconds(pid);
  const [ran, waited] = [main.ran - mainBefore.ran, main.waited - mainBefore.waited];
  await report({ ran, waited, pushed, dashboards, took, cpu, memory, metric });
} finally {
  end.abort();
  child.kill();
  await server.remove();
  made.remove();
}
if (broken.length > 0) process.exitCode = 1;

interface Figures {
  /** Seconds of the main thread. */
  readonly ran: number;
  readonly waited: number;
  readonly pushed: Pushed;
  readonly dashboards: DashboardCounts;
  readonly took: number;
  readonly cpu: number;
  readonly memory: readonly number[];
  readonly metric: (name: string) => number;
}

async function report({
  ran,
  waited,
  pushed,
  dashboards,
  took,
  cpu,
  memory,
  metric,
}: Figures): Promise<void> {
  const { acknowledged, latenciesMs } = pushed;
  const owed = sum(Array.from({ length: tails }, (_, i) => acknowledged.tailed[i % streams] as number));
  const totals = await settledTails(child, owed);
  const { baseUrl } = server;
  const lines = wrong(made.pods, acknowledged.entries, await storedByPod(baseUrl, ''));
  const found = wrong(made.pods, acknowledged.tailed, await storedByPod(baseUrl, `|= "${tailedText}"`));
  const ms = (values: readonly number[], q: number): string => quantile(values, q).toFixed(0);
  print('load of the machine before', busyBefore.toFixed(1));
  print(
    'pushed',
    `${(pushed.lineBytes / 1e6 / took).toFixed(1)} MB/s of ${megabytesPerSecond} for ${took.toFixed(0)} s`,
  );
  print(
    'pushes',
    `p50 ${ms(latenciesMs, 0.5)} ms, p99 ${ms(latenciesMs, 0.99)} ms, ${pushed.refused} told to come again`,
  );
  print(
    'dashboards',
    `${dashboards.whole} of ${dashboards.queries / dashboards.whole} queries, p50 ${ms(dashboards.tookMs, 0.5)} ms, p99 ${ms(dashboards.tookMs, 0.99)} ms`,
  );
  for (const [name, times] of dashboards.panelsMs)
    print('', `p50 ${ms(times, 0.5)} ms, p99 ${ms(times, 0.99)} ms ${name}`);
  promise('queries failed', String(dashboards.failed), dashboards.failed === 0);
  print('CPU of the gateway', `${cpu.toFixed(2)} cores`);
  print('its main thread', `ran ${ran.toFixed(1)} s, waited ${waited.toFixed(1)} s for a core`);
  promise(
    'memory',
    `peak ${Math.max(...memory).toFixed(0)} MB; every 10 s ${memory
      .filter((_, i) => i % 10 === 9)
      .map(Math.round)
      .join(' ')} MB`,
    Math.max(...memory) < residentMbMax,
  );
  const lagMs = metric('nodejs_eventloop_lag_p99_seconds') * 1000;
  promise('event loop delay p99', `${lagMs.toFixed(1)} ms`, lagMs < eventLoopMsMax);
  promise(
    'streams with lines lost or doubled',
    `${lines.length} of ${streams} (${sum(acknowledged.entries)} lines)`,
    lines.length === 0,
  );
  promise('streams whose filter miscounts', String(found.length), found.length === 0);
  const came = sum(totals.received);
  const dropped = (await metricsOf(baseUrl))('skald_tail_dropped_entries_total');
  promise('tailed', `${came} of ${owed} entries, ${dropped} reported as dropped`, came + dropped === owed);
  promise('tails lost', String(totals.closed), totals.closed === 0);
}
