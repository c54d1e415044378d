// The built gateway under attack: each hostile client runs for some seconds beside an honest one. Is the honest one
// served in time, and does the memory come back? Usage: tsx bench/abuse.ts [--seconds 5] [--settle-seconds 60]
// [--attack part-of-name]… Loopback only; prints a row an attack and exits with 1 when a bound is missed.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { freePort, startServer } from '../tests/server.ts';
import type { Attack } from './abuse/attack.ts';
import { HonestClient, type HonestFigures } from './abuse/honest.ts';
import { attacks } from './abuse/list.ts';
import { quantile, residentMb } from './measure.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    'settle-seconds': { type: 'string', default: '60' },
    attack: { type: 'string', multiple: true, default: [] },
  },
});
const seconds = Number(values.seconds);
const settleSeconds = Number(values['settle-seconds']);
const pushMsMax = 250;
const queryMsMax = 1000;
const residentGrowthMax = 1.3;
const warmUpSeconds = 3;
/** To make the worst bodies takes seconds; the honest client begins when they are on their way. */
const prepareSeconds = 3;

interface Outcome {
  readonly figures: HonestFigures;
  readonly beforeMb: number;
  readonly peakMb: number;
  readonly afterMb: number;
}

async function withstand(attack: Attack): Promise<Outcome> {
  const sidePort = await freePort();
  const server = await startServer({
    environment: {
      SKALD_LIMITS_INGESTION_RATE_MB: '0',
      SKALD_LIMITS_PER_STREAM_RATE_LIMIT: '0',
      ...attack.environment?.(sidePort),
    },
  });
  const port = Number(new URL(server.baseUrl).port);
  const pid = server.process.pid as number;
  const client = new HonestClient(port);
  try {
    await client.run(warmUpSeconds);
    const beforeMb = residentMb(pid).now;
    const attacker = fork(
      fileURLToPath(new URL('./abuse-attacker.ts', import.meta.url)),
      [attack.name, seconds + prepareSeconds, port, sidePort].map(String),
    );
    await delay(prepareSeconds * 1000);
    const figures = await client.run(seconds);
    if (attacker.exitCode === null) await once(attacker, 'exit');
    await delay(settleSeconds * 1000);
    const { now, peak } = residentMb(pid);
    return { figures, beforeMb, peakMb: peak, afterMb: now };
  } catch (error) {
    throw new Error(`the gateway did not survive:\n${server.output().slice(-2000)}`, { cause: error });
  } finally {
    client.close();
    await server.remove();
  }
}

const columns = ['push p99', 'query p99', 'failed', 'RSS before', 'peak', 'after', 'verdict'] as const;
const row = (name: string, cells: readonly string[]): void => {
  process.stdout.write(`${name.padEnd(36)}${cells.map((cell) => cell.padStart(11)).join('')}\n`);
};

/** False when a bound was missed. */
function report(name: string, { figures, beforeMb, peakMb, afterMb }: Outcome): boolean {
  const pushMs = quantile(figures.pushMs, 0.99);
  const queryMs = quantile(figures.queryMs, 0.99);
  const failed = [...figures.failures.values()].reduce((sum, count) => sum + count, 0);
  const missed = [
    ...(pushMs < pushMsMax ? [] : ['push']),
    ...(queryMs < queryMsMax ? [] : ['query']),
    ...(failed === 0
      ? []
      : [`errors (${[...figures.failures].map(([what, n]) => `${n}×${what}`).join(' ')})`]),
    ...(afterMb <= beforeMb * residentGrowthMax ? [] : ['memory']),
  ];
  const figuresText = [`${pushMs.toFixed(0)} ms`, `${queryMs.toFixed(0)} ms`, String(failed)];
  const memoryText = [beforeMb, peakMb, afterMb].map((mb) => `${mb.toFixed(0)} MB`);
  row(name, [...figuresText, ...memoryText, missed.length === 0 ? 'ok' : `  MISSED: ${missed.join(', ')}`]);
  return missed.length === 0;
}

row('attack', columns);
let isGood = true;
for (const attack of attacks) {
  const wanted = values.attack;
  if (wanted.length > 0 && !wanted.some((part) => attack.name.includes(part))) continue;
  try {
    isGood = report(attack.name, await withstand(attack)) && isGood;
  } catch (error) {
    isGood = false;
    row(attack.name, [`  MISSED: ${(error as Error).message}`]);
  }
}
process.exitCode = isGood ? 0 : 1;
