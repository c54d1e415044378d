// What one match may cost, counted in steps so that the answer does not depend on the machine. Matching is linear in
// the text, but the program counts as a factor: a pattern of thousands of positions over a text of a megabyte would
// hold a thread for minutes, and nothing can stop it there.

/** Steps (10 to 15 ns each) of one match, or of all matches of one text together; a step is one position over one character. */
export const matchStepsMax = 50_000_000;

/** Offsets of groups that one match may note at once, over all ways that it follows: 16 MB, twice. */
export const capturesMax = 4 * 1024 * 1024;

/** Instructions of a compiled pattern, `x{1000}` counted a thousand times. */
export const programSizeMax = 100_000;

/** A match that was given up. Depends on pattern and text only. */
export class RegexWorkError extends Error {
  override readonly name = 'RegexWorkError';
}

/** Steps, of whatever matches, between two looks at whether the work is still wanted: some 10 ms. */
const stepsBetweenChecks = 1_000_000;
let stepsUnchecked = 0;
let check: (() => void) | undefined;

/** Runs `work`; matching in it calls `stillWanted` from time to time, which may throw. Not for asynchronous work. */
export function interruptible(stillWanted: () => void, work: () => void): void {
  check = stillWanted;
  try {
    work();
  } finally {
    check = undefined;
  }
}

/** Counts the steps of a match. Each text starts over. */
export class RegexWork {
  #steps = 0;
  readonly #stepsMax: number;

  constructor(stepsMax = matchStepsMax) {
    this.#stepsMax = stepsMax;
  }

  restart(): void {
    this.#steps = 0;
  }

  /** Throws RegexWorkError when that is too much. */
  add(steps: number): void {
    this.#steps += steps;
    stepsUnchecked += steps;
    if (stepsUnchecked >= stepsBetweenChecks) {
      stepsUnchecked = 0;
      check?.();
    }
    if (this.#steps > this.#stepsMax) {
      throw new RegexWorkError(
        `regular expression too expensive for a text this long: more than ${this.#stepsMax} steps`,
      );
    }
  }
}
