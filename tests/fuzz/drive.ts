// Runs a target on mutated inputs until one of its bounds, and stops at the first find.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { crc32 } from 'node:zlib';
import { Random } from '../random.ts';
import { mutate } from './mutate.ts';
import { type FuzzTarget, inputBytesMax } from './target.ts';

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
/** After this the input is printed and the process ended. */
const endlessMs = 20_000;
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

interface Ended {
  readonly outcome: string;
  readonly ms: number;
  readonly problem?: string;
  readonly cause?: unknown;
}

async function runOnce(target: FuzzTarget, input: Buffer, watch: HangWatch): Promise<Ended> {
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

async function timed(target: FuzzTarget, input: Buffer, watch: HangWatch): Promise<Ended> {
  // Its own memory: a target may write to what it is given, and the pool must not change.
  const given = Buffer.from(input);
  watch.begin(input);
  const startMs = performance.now();
  try {
    const answer = target.run(given);
    const word = answer instanceof Promise ? await answer : answer;
    return { outcome: `returned ${shape(String(word))}`, ms: performance.now() - startMs };
  } catch (error) {
    const ms = performance.now() - startMs;
    const known = target.errors.some((type) => error instanceof type);
    const message = error instanceof Error ? error.message : String(error);
    if (known && message !== '') {
      const own = target.errorsRepeatInput === true ? withoutWordsOf(input.toString(), message) : message;
      return { outcome: `threw ${shape(own)}`, ms };
    }
    const problem = known
      ? 'an error without a text'
      : error instanceof Error
        ? `${error.name}: ${message}`
        : message;
    return { outcome: '', ms, problem, cause: error };
  } finally {
    watch.end();
  }
}

/** A text without what differs from input to input: quoted parts and numbers. */
const shape = (text: string): string =>
  text
    .slice(0, 200)
    .replace(/(["'`])(?:\\.|(?!\1).)*\1?/g, '"')
    .replace(/\d+/g, '0')
    .slice(0, 60);

/** The words of a text that do not stand in the input, whatever marks are around them. */
const withoutWordsOf = (input: string, text: string): string =>
  text
    .slice(0, 1000)
    .split(/\s+/)
    .filter((word) => {
      const bare = word.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
      return bare !== '' && !input.includes(bare);
    })
    .join(' ');

class HangWatch {
  readonly #control = new Int32Array(new SharedArrayBuffer(12));
  readonly #input: Buffer;
  readonly #worker: Worker;

  constructor(name: string, bytesMax: number) {
    const memory = new SharedArrayBuffer(bytesMax * 2);
    this.#input = Buffer.from(memory);
    this.#worker = new Worker(new URL('./hang-watch.mjs', import.meta.url), {
      workerData: { control: this.#control.buffer, input: memory, name, hangMs: endlessMs },
      execArgv: [],
    });
  }

  begin(input: Buffer): void {
    input.copy(this.#input);
    Atomics.store(this.#control, 1, Math.min(input.length, this.#input.length));
    Atomics.add(this.#control, 0, 1);
    Atomics.store(this.#control, 2, 1);
  }

  end(): void {
    Atomics.store(this.#control, 2, 0);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
