// Order of work in the ingest worker: small pushes go before larger ones, but a larger one is never passed by more than
// a few; of equals the senders take turns. How much can wait is bounded by the admission of the main thread (bytes in
// flight).
import { FairQueue } from './fair-queue.ts';

export interface QueuedJob {
  readonly bytes: number;
  /** Whose it is: jobs of one sender keep their order. */
  readonly sender: string;
  readonly run: () => void;
}

/** Below this a push counts as small: about a millisecond of work. */
const smallBytesMax = 256 * 1024;
/** Small pushes that may pass a waiting larger one. */
const passedMax = 16;
/** Work at one go before the event loop gets its turn (commits, other messages). */
const sliceMs = 4;

export class PushQueue {
  readonly #small = new FairQueue<QueuedJob>();
  readonly #large = new FairQueue<QueuedJob>();
  #passed = 0;
  #scheduled = false;

  get length(): number {
    return this.#small.length + this.#large.length;
  }

  add(job: QueuedJob): void {
    (job.bytes <= smallBytesMax ? this.#small : this.#large).add(job.sender, job);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      const until = performance.now() + sliceMs;
      do this.#next()?.run();
      while (this.length > 0 && performance.now() < until);
      if (this.length > 0) this.#schedule();
    });
  }

  #next(): QueuedJob | undefined {
    const large = this.#small.length === 0 || (this.#large.length > 0 && this.#passed >= passedMax);
    if (large) {
      this.#passed = 0;
      return this.#large.next();
    }
    if (this.#large.length > 0) this.#passed++;
    return this.#small.next();
  }
}
