// What a query holds, counted in one number that all threads of the process share.
import type { ByteBudget } from '../store/scan-service.ts';

const heldIndex = 0;
const maxIndex = 1;

export class SharedBudget implements ByteBudget {
  /** To be sent to workers, which make a budget over it again. */
  readonly counter: SharedArrayBuffer;
  readonly bytesMax: number;
  readonly #longs: BigInt64Array;

  private constructor(counter: SharedArrayBuffer) {
    this.counter = counter;
    this.#longs = new BigInt64Array(counter);
    this.bytesMax = Number(this.#longs[maxIndex]);
  }

  static create(bytesMax: number): SharedBudget {
    const counter = new SharedArrayBuffer(16);
    new BigInt64Array(counter)[maxIndex] = BigInt(Math.round(Math.min(bytesMax, Number.MAX_SAFE_INTEGER)));
    return new SharedBudget(counter);
  }

  static over(counter: SharedArrayBuffer): SharedBudget {
    return new SharedBudget(counter);
  }

  add(bytes: number): boolean {
    const added = BigInt(bytes);
    return Number(Atomics.add(this.#longs, heldIndex, added) + added) <= this.bytesMax;
  }
}
