// Records of a body that cannot be read: each is refused with its place, the others are stored. Errors are dear, so a
// body of many is refused as a whole.
import { badRequest, PushError } from '../limits/push-error.ts';
import type { Refusals } from '../limits/refusals.ts';

const faultsMax = 1000;

export class RecordFaults {
  readonly #refusals: Refusals;
  #count = 0;

  constructor(refusals: Refusals) {
    this.#refusals = refusals;
  }

  /** Runs `read`; what it refuses with 400 is counted, `bytes` long. True: nothing was wrong. */
  attempt(place: string, bytes: () => number, read: () => void): boolean {
    try {
      read();
      return true;
    } catch (error) {
      if (!(error instanceof PushError) || error.status !== 400) throw error;
      this.add(`${place}: ${error.message}`, bytes());
      return false;
    }
  }

  add(message: string, bytes: number): void {
    if (++this.#count > faultsMax)
      throw badRequest(`more than ${faultsMax} records that cannot be read, such as: ${message}`);
    this.#refusals.entry('unreadable_record', bytes, () => message);
  }
}
