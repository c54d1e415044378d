// The lock two writing threads of one SQLite file share, so that neither ever meets SQLITE_BUSY and its sleeps.
// A waiter that cannot block its event loop waits asynchronously and goes first: the ingest worker's commits
// pass between the builder's transactions.

const stateIndex = 0;
const urgentIndex = 1;
const free = 0;

/** Longest time a patient waiter lets urgent ones pass before it competes on equal terms. */
const yieldMsMax = 5;

export class WriteLock {
  readonly #words: Int32Array;
  readonly #holder: number;

  /** `holder` names the thread, 1 and up, unique among the lock's users. */
  constructor(memory: SharedArrayBuffer, holder: number) {
    this.#words = new Int32Array(memory);
    this.#holder = holder;
  }

  static create(): SharedArrayBuffer {
    return new SharedArrayBuffer(8);
  }

  /** Takes the lock when it is free at this moment. */
  tryAcquire(): boolean {
    return Atomics.compareExchange(this.#words, stateIndex, free, this.#holder) === free;
  }

  /** Waits without blocking the event loop, before any blocking waiter. */
  async acquireUrgent(): Promise<void> {
    if (this.tryAcquire()) return;
    Atomics.add(this.#words, urgentIndex, 1);
    try {
      while (!this.tryAcquire()) {
        const held = Atomics.load(this.#words, stateIndex);
        if (held === free) continue;
        const waiting = Atomics.waitAsync(this.#words, stateIndex, held, 1000);
        if (waiting.async) await waiting.value;
      }
    } finally {
      Atomics.sub(this.#words, urgentIndex, 1);
    }
  }

  /** Blocks the thread until the lock is held; lets urgent waiters pass first. */
  acquireBlocking(): void {
    const yieldUntilMs = performance.now() + yieldMsMax;
    while (Atomics.load(this.#words, urgentIndex) > 0 && performance.now() < yieldUntilMs) {
      Atomics.wait(this.#words, urgentIndex, Atomics.load(this.#words, urgentIndex), 1);
    }
    while (!this.tryAcquire()) {
      const held = Atomics.load(this.#words, stateIndex);
      if (held !== free) Atomics.wait(this.#words, stateIndex, held, 1000);
    }
  }

  /** Its holder is gone without giving it back: whoever waits goes on. Nothing happens when another has it. */
  abandon(): void {
    if (Atomics.compareExchange(this.#words, stateIndex, this.#holder, free) === this.#holder)
      Atomics.notify(this.#words, stateIndex);
  }

  release(): void {
    if (Atomics.compareExchange(this.#words, stateIndex, this.#holder, free) !== this.#holder)
      throw new Error('write lock released by a thread that does not hold it');
    Atomics.notify(this.#words, stateIndex);
  }
}
