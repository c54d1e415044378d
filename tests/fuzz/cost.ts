// Looks for inputs that cost more than their length: small mutated ones, widened step by step. An input is a find when
// it costs many times what ordinary inputs of as many bytes cost, or when it grew by a step and its cost by far more.
// Times are the processor's, and nothing counts before it was measured several times beside ordinary inputs.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { Random } from '../random.ts';
import { HangWatch } from './hang-watch.ts';
import { mutate } from './mutate.ts';
import { endOf, type FuzzTarget, inputBytesMax } from './target.ts';
import { chooseWidening, type Widening, widen } from './widen.ts';

export interface CostBounds {
  readonly seed: number;
  readonly seconds: number;
}

export interface CostReport {
  /** Widenings tried. */
  readonly tried: number;
  readonly seconds: number;
  /** Of ordinary inputs, ms a mebibyte. */
  readonly ordinaryMs: number;
  /** The highest cost seen, in that of ordinary inputs of as many bytes. */
  readonly highest: number;
  readonly find: CostFind | undefined;
}

export interface CostFind {
  readonly widening: Widening;
  readonly bytes: number;
  readonly problem: string;
}

/** Lengths to which a kernel is widened. */
const stepsBytes = [2048, 16_384, 131_072, 1_048_576];
/** The longest step is long: it is tried for what rises, and for one in this many others. */
const longestEvery = 16;
/** Default of {@link FuzzTarget.costFactor}. */
const factorMax = 20;
/** Shorter inputs may cost what ordinary ones of this length do: what they start is bounded, and not by their length. */
const ordinaryBytesMin = 65_536;
/** A measurement of ordinary inputs that took so long has been long enough. */
const ordinaryMsMin = 20;
/** Code that runs for the first time is slow; so long it runs before it is measured. */
const warmUpMs = 300;
/** Measurements of ordinary inputs that count, and inputs tried between two of them. */
const ordinaryKept = 25;
const ordinaryEvery = 32;
/** A step is eight times the bytes; linear work measures eight (memory that outgrows a cache more), quadratic 64. */
const growthMax = 32;
/**
 * Less than this share of the factor, or than ordinary inputs cost, is not worth the name, however it grew: a short input
 * may be cheap for what is remembered of it.
 */
const grownShare = 0.15;
/** Of a find's measurements the least counts: others on the machine only ever add. */
const confirmations = 5;
const poolMax = 500;
/** Longer kernels leave too few copies in the shortest step. */
const kernelBytesMax = 1024;
/** Beyond this no further step is taken: it is a find, or will be one at the next step. */
const stepMsMax = 2000;

const corpusFolder = new URL('./corpus/cost/', import.meta.url);

/** Past finds of a target: widenings, tried at all steps. */
export function pastCostFinds(name: string): readonly Widening[] {
  const folder = new URL(`${name}/`, corpusFolder);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((file) => readWidening(readFileSync(new URL(file, folder), 'utf8')));
}

export const writeWidening = (widening: Widening): string =>
  `${JSON.stringify({ ...widening, kernel: widening.kernel.toString('latin1') }, undefined, 2)}\n`;

export function readWidening(text: string): Widening {
  const read = JSON.parse(text) as Widening & { readonly kernel: string };
  return { ...read, kernel: Buffer.from(read.kernel, 'latin1') };
}

/** Tries widenings until the time is over, those of past finds first, and stops at the first find. */
export async function searchCost(target: FuzzTarget, bounds: CostBounds): Promise<CostReport> {
  const random = new Random(bounds.seed);
  const meter = new Meter(target);
  const dictionary = (target.dictionary ?? []).map((word) => Buffer.from(word));
  const pool = target.seeds.map((seed) => Buffer.from(seed as Uint8Array));
  const outcomes = new Set<number>();
  const past = pastCostFinds(target.name);
  const startMs = performance.now();
  let tried = 0;
  let find: CostFind | undefined;
  try {
    await meter.warmUp();
    while (find === undefined) {
      const known = past[tried];
      const kernel =
        known === undefined && random.below(3) > 0
          ? mutate(pool, { random, dictionary, bytesMax: target.bytesMax ?? inputBytesMax })
          : random.of(pool);
      const widening =
        known ?? chooseWidening(kernel.subarray(0, kernelBytesMax), target.format ?? 'text', random);
      const { outcome, ...ended } = await climb(
        meter,
        widening,
        known !== undefined || random.below(longestEvery) === 0,
      );
      find = ended.find;
      if (!outcomes.has(crc32(outcome)) && pool.length < poolMax && known === undefined) {
        outcomes.add(crc32(outcome));
        pool.push(Buffer.from(kernel));
      }
      tried++;
      if (tried % ordinaryEvery === 0) await meter.measureOrdinary();
      if (tried >= past.length && performance.now() - startMs > bounds.seconds * 1000) break;
    }
  } finally {
    await meter.close();
  }
  const seconds = (performance.now() - startMs) / 1000;
  return { tried, seconds, ordinaryMs: meter.ordinaryMs(1 << 20), highest: meter.highest, find };
}

interface Step {
  readonly bytes: number;
  readonly input: Buffer;
  readonly ms: number;
}

/** Measures a widening step by step; a step that looks like a find is confirmed or forgotten. */
async function climb(
  meter: Meter,
  widening: Widening,
  toTheEnd: boolean,
): Promise<{ readonly find?: CostFind; readonly outcome: string }> {
  let before: Step | undefined;
  let outcome = '';
  for (const bytes of stepsBytes.filter((step) => step <= meter.bytesMax)) {
    const isLongest = bytes === stepsBytes.at(-1);
    if (isLongest && !toTheEnd && before !== undefined && !meter.isNear(before.input.length, before.ms))
      break;
    const input = meter.finished(widen(widening, bytes));
    if (input.length > 2 * bytes || input.length > meter.bytesMax * 2) break;
    const { ms, end } = await meter.run(input);
    outcome ||= end.outcome;
    if (end.problem !== undefined) return { outcome, find: { widening, bytes, problem: end.problem } };
    const step: Step = { bytes, input, ms };
    if (meter.isFind(before, step)) {
      const problem = await confirm(meter, before, step);
      if (problem !== undefined) return { outcome, find: { widening, bytes, problem } };
    }
    if (ms > stepMsMax) break;
    before = step;
  }
  return { outcome };
}

/** The find in words, when the least of several measurements says the same. */
async function confirm(meter: Meter, before: Step | undefined, step: Step): Promise<string | undefined> {
  let least = step.ms;
  let leastBefore = before?.ms ?? 0;
  for (let i = 0; i < confirmations; i++) {
    await meter.measureOrdinary();
    if (before !== undefined) leastBefore = Math.min(leastBefore, (await meter.run(before.input)).ms);
    least = Math.min(least, (await meter.run(step.input)).ms);
    if (!meter.isFind(before && { ...before, ms: leastBefore }, { ...step, ms: least })) return undefined;
  }
  const ordinary = meter.ordinaryMs(step.input.length);
  const growth = before && `; ${leastBefore.toFixed(1)} ms for ${before.input.length} bytes`;
  return `${least.toFixed(1)} ms for ${step.input.length} bytes${growth ?? ''}; ${ordinary.toFixed(1)} ms for ordinary ones`;
}

/** Runs a target and knows what its ordinary inputs cost. */
class Meter {
  readonly bytesMax: number;
  highest = 0;
  readonly #target: FuzzTarget;
  readonly #seeds: readonly Buffer[];
  readonly #factor: number;
  readonly #watch: HangWatch;
  /** Costs of ordinary inputs measured last, ms a byte. */
  #ordinary: number[] = [];
  #ordinaryMedian = 0;
  #nextSeed = 0;

  constructor(target: FuzzTarget) {
    this.#target = { ...target, run: target.costRun ?? target.run };
    this.bytesMax = target.costBytesMax ?? (stepsBytes.at(-1) as number);
    this.#factor = target.costFactor ?? factorMax;
    this.#seeds = target.seeds.map((seed) => Buffer.from(seed as Uint8Array));
    this.#watch = new HangWatch(target.name, this.bytesMax);
  }

  /** Code that ran a while is fast; the first measurements are of slow code. */
  async warmUp(): Promise<void> {
    const before = process.cpuUsage();
    while (msSince(before) < warmUpMs) await this.measureOrdinary();
    this.#ordinary = [];
    for (let i = 0; i < confirmations; i++) await this.measureOrdinary();
  }

  /** The target's own inputs one after the other, going on where the last measurement ended. */
  async measureOrdinary(): Promise<void> {
    let bytes = 0;
    let ms = 0;
    const before = process.cpuUsage();
    while (bytes < ordinaryBytesMin && ms < ordinaryMsMin) {
      const seed = this.#seeds[this.#nextSeed++ % this.#seeds.length] as Buffer;
      await this.#end(seed);
      bytes += Math.max(1, seed.length);
      ms = msSince(before);
    }
    this.#ordinary.push(ms / bytes);
    if (this.#ordinary.length > ordinaryKept) this.#ordinary.shift();
    this.#ordinaryMedian = this.#ordinary.toSorted((a, b) => a - b)[this.#ordinary.length >> 1] ?? 0;
  }

  /** The median of what was measured. */
  ordinaryMs(bytes: number): number {
    return this.#ordinaryMedian * Math.max(bytes, ordinaryBytesMin);
  }

  async run(
    input: Buffer,
  ): Promise<{ readonly ms: number; readonly end: Awaited<ReturnType<typeof endOf>> }> {
    const before = process.cpuUsage();
    const end = await this.#end(input);
    const ms = msSince(before);
    await turn();
    return { ms, end };
  }

  async #end(input: Buffer): ReturnType<typeof endOf> {
    this.#watch.begin(input);
    try {
      return await endOf(this.#target, input);
    } finally {
      this.#watch.end();
    }
  }

  finished(input: Buffer): Buffer {
    return this.#target.finish?.(input) ?? input;
  }

  /** Dear enough that more of it is worth a look. */
  isNear(bytes: number, ms: number): boolean {
    return ms > 2 * this.ordinaryMs(bytes);
  }

  isFind(before: Step | undefined, { input, ms }: Step): boolean {
    const costs = ms / this.ordinaryMs(input.length);
    const steps =
      before === undefined
        ? 0
        : (input.length / before.input.length / (stepsBytes[1] as number)) * (stepsBytes[0] as number);
    const grew = before !== undefined && ms > before.ms * growthMax * Math.max(1, steps);
    const isFind = costs > this.#factor || (grew && costs > Math.max(1, this.#factor * grownShare));
    if (!isFind) this.highest = Math.max(this.highest, costs);
    return isFind;
  }

  async close(): Promise<void> {
    await this.#watch.close();
  }
}

function msSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
