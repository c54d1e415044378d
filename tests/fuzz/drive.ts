// Runs a target on mutated inputs until one of its bounds, and stops at the first find.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { Random } from '../random.ts';
import { HangWatch } from './hang-watch.ts';
import { mutate } from './mutate.ts';
import { type Ended, endOf, type FuzzTarget, inputBytesMax } from './target.ts';

export interface FuzzBounds {
  readonly seed: number;
  readonly executions: number;
  readonly seconds: number;
}

export interface FuzzReport {
  readonly executions: number;
  readonly seconds: number;
  /** Different ways in which inputs ended. */
  readonly outcomes: number;
  readonly slowestMs: number;
  /** Growth of resident memory above that at the start. */
  readonly grownBytes: number;
  readonly find: Find | undefined;
}

export interface Find {
  readonly input: Buffer;
  readonly problem: string;
  readonly cause?: unknown;
}

/**
 * One input may take so long; more is a hang. Before it counts it is measured again, in processor time: on a busy
 * machine every input may wait.
 */
const inputMsMax = 1000;
const grownBytesMax = 1024 * 1024 * 1024;
/** Inputs kept because they ended in a new way. */
const poolMax = 2000;
const memoryEvery = 2048;
/** Inputs between two turns of the event loop: what a target left for the next tick comes to its end, and is let go. */
const turnEvery = 64;

const corpusFolder = new URL('./corpus/', import.meta.url);

/** Past finds of a target. */
export function pastFinds(name: string): readonly Buffer[] {
  const folder = new URL(`${name}/`, corpusFolder);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((file) => readFileSync(new URL(file, folder)));
}

export async function fuzz(target: FuzzTarget, bounds: FuzzBounds): Promise<FuzzReport> {
  const bytesMax = target.bytesMax ?? inputBytesMax;
  const seeds = target.seeds.map((seed) => Buffer.from(seed as Uint8Array));
  const pool = [...seeds, ...pastFinds(target.name)];
  const first = pool.length;
  const random = new Random(bounds.seed);
  const dictionary = (target.dictionary ?? []).map((word) => Buffer.from(word));
  const watch = new HangWatch(target.name, bytesMax);
  // Sums: a text that was cut out of another would keep all of it.
  const outcomes = new Set<number>();
  const startMs = performance.now();
  const startBytes = process.memoryUsage.rss();
  let slowestMs = 0;
  let grownBytes = 0;
  let executions = 0;
  let find: Find | undefined;
  let current: Buffer = Buffer.alloc(0);
  // What a target throws when it has already come back.
  const late = (cause: unknown): void => {
    find ??= { input: current, problem: `thrown later: ${String(cause)}`, cause };
  };
  process.on('uncaughtException', late);
  try {
    for (; executions < bounds.executions && find === undefined; executions++) {
      const input =
        executions < first ? (pool[executions] as Buffer) : mutate(pool, { random, dictionary, bytesMax });
      current = input;
      const { outcome, ms, problem, cause } = await runOnce(target, input, watch);
      slowestMs = Math.max(slowestMs, ms);
      if (problem !== undefined) find = { input, problem, cause };
      else if (!outcomes.has(crc32(outcome))) {
        outcomes.add(crc32(outcome));
        if (executions >= first && pool.length < poolMax) pool.push(input);
      }
      if (executions % turnEvery === 0) await turn();
      if (executions % memoryEvery === 0) {
        grownBytes = Math.max(grownBytes, process.memoryUsage.rss() - startBytes);
        if (grownBytes > grownBytesMax) find ??= { input, problem: `memory grew by ${grownBytes} bytes` };
      }
      if (performance.now() - startMs > bounds.seconds * 1000 && executions >= first) break;
    }
  } finally {
    process.off('uncaughtException', late);
    await watch.close();
  }
  const seconds = (performance.now() - startMs) / 1000;
  return { executions, seconds, outcomes: outcomes.size, slowestMs, grownBytes, find };
}

interface Timed extends Ended {
  readonly ms: number;
}

async function runOnce(target: FuzzTarget, input: Buffer, watch: HangWatch): Promise<Timed> {
  const ended = await timed(target, input, watch);
  if (ended.problem !== undefined || ended.ms <= inputMsMax) return ended;
  const again = Math.min(await processorMs(target, input, watch), await processorMs(target, input, watch));
  return again > inputMsMax ? { ...ended, problem: `took ${Math.round(again)} ms` } : ended;
}

async function processorMs(target: FuzzTarget, input: Buffer, watch: HangWatch): Promise<number> {
  const before = process.cpuUsage();
  await timed(target, input, watch);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function timed(target: FuzzTarget, input: Buffer, watch: HangWatch): Promise<Timed> {
  watch.begin(input);
  const startMs = performance.now();
  try {
    const ended = await endOf(target, input);
    return { ...ended, ms: performance.now() - startMs };
  } finally {
    watch.end();
  }
}
