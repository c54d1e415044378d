// When compaction works and when it rests. While much is written it goes on with a part of its share: under pushes that
// never pause, small blocks would gather without end.

/** After SQLite's log grew by megabytes, ingest counts as busy for this long. */
const busyMs = 1000;
/** Part of the share that is left meanwhile. */
const busyPart = 0.25;
/** While a deletion runs. */
const waitMs = 500;
/** No rest is longer: a step is short. */
const restMsMax = 2000;
/** Without new blocks a pass is made this often, for blocks that have come of age. */
const quietPassMs = 10 * 60_000;

export class CompactionPace {
  readonly #share: number;
  #busyUntilMs = 0;
  #passedGeneration = -1;
  #passedMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #wake: () => void = () => {};

  /** `share` of one core's time, above 0. */
  constructor(share: number) {
    this.#share = share;
  }

  noteWrites(): void {
    this.#busyUntilMs = performance.now() + busyMs;
  }

  isPassDue(generation: number): boolean {
    return generation !== this.#passedGeneration || performance.now() - this.#passedMs >= quietPassMs;
  }

  /** A pass ended, at this generation of the blocks. */
  notePass(generation: number): void {
    this.#passedGeneration = generation;
    this.#passedMs = performance.now();
  }

  /** So that work and rest have the share. */
  restAfter(workedMs: number): Promise<void> {
    return this.#sleep(Math.min(restMsMax, workedMs * (1 / this.#shareNow - 1)));
  }

  wait(): Promise<void> {
    return this.#sleep(waitMs);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#wake();
  }

  get #shareNow(): number {
    return performance.now() < this.#busyUntilMs ? this.#share * busyPart : this.#share;
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#timer = setTimeout(resolve, ms);
      this.#timer.unref();
    });
  }
}
