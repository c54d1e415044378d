// What one query holds in memory, in all its parts together, as each of its holders counts it. Worked out from sizes, not
// measured: a thread's heap knows no queries.
import type { Labels } from '../model/labels.ts';
import type { ByteBudget } from '../store/scan-service.ts';
import { QueryLimitError } from './query-errors.ts';
import type { StepValue } from './ranges/step-series.ts';

/** Bytes a holder counts for itself before it tells the others; of a small bound at most this share. */
const untoldBytesMax = 64 * 1024;
const untoldShareMax = 1 / 16;

/** One holder's share. */
export class MemoryShare {
  readonly #budget: ByteBudget;
  readonly #untoldMax: number;
  #bytes = 0;
  #untold = 0;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
    this.#untoldMax = Math.min(untoldBytesMax, budget.bytesMax * untoldShareMax);
  }

  /** Held by this holder. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds bytes, or takes them off. Throws QueryLimitError when the query as a whole holds too much. */
  grow(bytes: number): void {
    if (!this.tryGrow(bytes)) throw memoryLimitError(this.#budget.bytesMax);
  }

  /** As {@link grow}; returns false where that throws. */
  tryGrow(bytes: number): boolean {
    this.#bytes += bytes;
    this.#untold += bytes;
    if (Math.abs(this.#untold) < this.#untoldMax) return true;
    const told = Math.round(this.#untold);
    this.#untold -= told;
    return this.#budget.add(told);
  }

  /** Leaves `bytes` to whoever takes the holder's result over, and lets go of the rest. */
  leave(bytes = 0): void {
    const told = Math.round(this.#untold + bytes - this.#bytes);
    this.#bytes = 0;
    this.#untold = 0;
    this.#budget.add(told);
  }
}

const memoryLimitError = (bytesMax: number): QueryLimitError =>
  new QueryLimitError(
    `the query needs more memory than its limit (${bytesMax} bytes); consider adding more specific stream selectors, reducing the time range, or grouping by fewer labels`,
  );

// Sizes of V8's objects on 64 bits, rounded up.
const stringBytes = 24;
/** A pair of labels and its place in the list; names are shared. */
const labelBytes = 96 + stringBytes;
/** An array buffer of its own, its view and the allocator's share. */
export const arrayBytes = 320;

/** What labels with their key take. */
export function labelsCost(key: string, labels: Labels): number {
  let bytes = 2 * stringBytes + key.length;
  for (const [, value] of labels) bytes += labelBytes + value.length;
  return bytes;
}

/** What a value between two operators takes. */
export function valueBytes(value: StepValue): number {
  if (value.kind === 'scalar') return 0;
  const steps = value.series[0]?.values.length ?? 0;
  return value.series.length * seriesBytes(steps);
}

/** What one series over all steps takes: numbers and presence. */
export const seriesBytes = (steps: number): number => 9 * steps + 2 * arrayBytes;

/** What one series of the answer takes: times and values. */
export const pointsBytes = (steps: number): number => 16 * steps + 2 * arrayBytes;
