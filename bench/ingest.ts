// The built gateway under pushes: MB/s, CPU, disk, memory, event loop. Usage: tsx bench/ingest.ts [megabytes]
// [connections] [--door NAME], a way in of door-bodies.ts; default protobuf
import { readdirSync, statSync } from 'node:fs';
import { Agent, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startServer } from '../tests/server.ts';
import { Corpus } from './corpus.ts';
import { doorBodies } from './door-bodies.ts';
import { cpuSeconds, post, print, quantile, residentMb } from './measure.ts';
import type { PushBody } from './push-body.ts';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { door: { type: 'string', default: 'protobuf' } },
});
const megabytes = Number(positionals[0] ?? 256);
const connections = Number(positionals[1] ?? 4);
const mebibyte = 2 ** 20;
const settleMsMax = 60_000;

interface Sent {
  readonly seconds: number;
  readonly lineBytes: number;
  readonly entries: number;
  readonly latenciesMs: number[];
}

/** Sends all bodies over this many connections; a refusal ends the run. */
async function sendAll(url: string, bodies: readonly PushBody[]): Promise<Sent> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const latenciesMs: number[] = [];
  let next = 0;
  const startMs = performance.now();
  const lane = async (): Promise<void> => {
    while (next < bodies.length) {
      const { body } = bodies[next++] as PushBody;
      const sentMs = performance.now();
      const { status } = await post(agent, url, body, door.contentType);
      if (status >= 300) throw new Error(`status ${status}`);
      latenciesMs.push(performance.now() - sentMs);
    }
  };
  await Promise.all(Array.from({ length: connections }, lane));
  agent.destroy();
  return {
    seconds: (performance.now() - startMs) / 1000,
    lineBytes: bodies.reduce((sum, { lineBytes }) => sum + lineBytes, 0),
    entries: bodies.reduce((sum, { entries }) => sum + entries, 0),
    latenciesMs,
  };
}

const diskBytes = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

function report(name: string, { seconds, lineBytes, entries, latenciesMs }: Sent): void {
  const rate = `${(lineBytes / 1e6 / seconds).toFixed(0)} MB/s, ${(entries / seconds / 1000).toFixed(0)}k lines/s`;
  const ms = (q: number): string => quantile(latenciesMs, q).toFixed(1);
  print(name, `${rate}, push p50 ${ms(0.5)} ms, p99 ${ms(0.99)} ms`);
}

async function nullSink(bodies: readonly PushBody[]): Promise<void> {
  const sink = createServer((incoming, response) => {
    incoming.resume().on('end', () => response.writeHead(204).end());
  });
  await new Promise<void>((resolve) => {
    sink.listen(0, '127.0.0.1', resolve);
  });
  const { port } = sink.address() as AddressInfo;
  report('null sink (same process)', await sendAll(`http://127.0.0.1:${port}/`, bodies));
  sink.close();
}

// The newest lines are an hour old, so that nothing is refused whatever the day.
const startNs = BigInt(Date.now() - 23 * 3_600_000) * 1_000_000n;
const corpus = new Corpus({ bytes: megabytes * mebibyte, batchBytes: mebibyte, startNs });
const door = doorBodies(flags.door, corpus);
const bodies = Array.from(corpus.batches(), door.encode);
await nullSink(bodies);
const server = await startServer({
  environment: {
    SKALD_LIMITS_INGESTION_RATE_MB: '0',
    SKALD_LIMITS_PER_STREAM_RATE_LIMIT: '0',
  },
});
try {
  const pid = server.process.pid as number;
  const cpuBefore = cpuSeconds(pid);
  const sent = await sendAll(server.baseUrl + door.path, bodies);
  report(`gateway by ${flags.door}, ${connections} connections`, sent);
  const metrics = await (await fetch(`${server.baseUrl}/metrics`)).text();
  const lag = /^nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(metrics)?.[1];
  print('event loop delay p99', `${(Number(lag) * 1000).toFixed(1)} ms`);
  const gigabytes = sent.lineBytes / 1e9;
  print('CPU of pushes', `${((cpuSeconds(pid) - cpuBefore) / gigabytes).toFixed(1)} s/GB`);
  await fetch(`${server.baseUrl}/flush`, { method: 'POST' });
  await settled(server.dataDir);
  print('CPU with blocks cut', `${((cpuSeconds(pid) - cpuBefore) / gigabytes).toFixed(1)} s/GB`);
  print('disk per raw byte', (diskBytes(server.dataDir) / sent.lineBytes).toFixed(3));
  print('peak RSS', `${residentMb(pid).peak.toFixed(0)} MB`);
} finally {
  await server.remove();
}

/** Waits until the files stop changing. */
async function settled(folder: string): Promise<void> {
  const until = Date.now() + settleMsMax;
  let before = -1;
  let quiet = 0;
  while (quiet < 3 && Date.now() < until) {
    const now = diskBytes(folder);
    quiet = now === before ? quiet + 1 : 0;
    before = now;
    await delay(500);
  }
}
