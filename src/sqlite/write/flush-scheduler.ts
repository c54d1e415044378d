// When the writer's segments go to the builder, and what happens while too much waits for it.
import type { RpcPeer } from '../../threads/rpc.ts';
import type { StoreSettings } from '../main/settings.ts';
import type { BuilderForWriter } from '../threads/builder-protocol.ts';
import type { SegmentList } from './segment-list.ts';

type FlushSettings = Pick<
  StoreSettings,
  'flushBytes' | 'flushRestMs' | 'flushAgeMs' | 'flushSmallBytes' | 'flushSmallAgeMs' | 'unsealedBytesMax'
>;

export interface FlushOptions {
  readonly settings: FlushSettings;
  readonly segments: SegmentList;
  readonly builder: RpcPeer<BuilderForWriter>;
  /** The newest commit that is in the segments. */
  readonly lastSeq: () => number;
  /** Segments left the list. */
  readonly onReleased: () => void;
}

/** After a flush that failed. */
const retryMs = 5000;
const agePollMs = 1000;

export class FlushScheduler {
  readonly #options: FlushOptions;
  readonly #ageTimer: NodeJS.Timeout;
  #running: Promise<void> | undefined;
  #error: unknown;
  #retryAtMs = 0;
  #oldestMs = 0;
  #newestMs = 0;
  #wakeWaiter: () => void = () => {};
  #closed = false;

  constructor(options: FlushOptions) {
    this.#options = options;
    this.#ageTimer = setInterval(() => this.flushIfDue(), agePollMs);
    this.#ageTimer.unref();
  }

  /** Why the last flush failed, if it did. */
  get error(): unknown {
    return this.#error;
  }

  /** Too much waits for blocks and the last flush failed: waiting is hopeless for now. */
  get isBlocked(): boolean {
    return this.#error !== undefined && this.#isFull;
  }

  /** Entries are about to come into the list. */
  noteEntries(): void {
    this.#newestMs = Date.now();
    if (this.#options.segments.isEmpty) this.#oldestMs = this.#newestMs;
  }

  flushIfDue(): void {
    const { segments, settings } = this.#options;
    const nowMs = Date.now();
    if (this.#running !== undefined || this.#closed || nowMs < this.#retryAtMs) return;
    const isAtRest = nowMs - this.#newestMs >= settings.flushRestMs;
    // Also where a few entries wait for company: they keep one segment, and not those of the burst before them.
    if (isAtRest) segments.giveBack();
    if (segments.isEmpty) return;
    const ageMs = nowMs - this.#oldestMs;
    const due =
      segments.bytes >= settings.flushBytes ||
      ((isAtRest || ageMs >= settings.flushAgeMs) && segments.bytes >= settings.flushSmallBytes) ||
      ageMs >= settings.flushSmallAgeMs;
    // A failure is kept in `error` and tried again.
    if (due) this.#start().catch(() => {});
  }

  /** Waits while too much is not in blocks; returns at once when closed or blocked. */
  async room(): Promise<void> {
    while (this.#isFull && !this.#closed && !this.isBlocked) {
      this.#start().catch(() => {});
      await new Promise<void>((resolve) => {
        this.#wakeWaiter = resolve;
      });
    }
  }

  /** All that is committed is in blocks when it resolves. Rejects when the builder could not. */
  async flushAll(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
    await this.#start();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#ageTimer);
    this.#wakeWaiter();
  }

  get #isFull(): boolean {
    return this.#options.segments.bytes >= this.#options.settings.unsealedBytesMax;
  }

  /** One flush at a time. */
  #start(): Promise<void> {
    this.#running ??= this.#flush().finally(() => {
      this.#running = undefined;
      this.#wakeWaiter();
    });
    return this.#running;
  }

  async #flush(): Promise<void> {
    const { segments, builder, lastSeq, onReleased } = this.#options;
    const sealed = segments.seal();
    if (sealed.segments.length === 0) return;
    const startedMs = Date.now();
    try {
      await builder.call('flush', { segments: sealed.segments, lastSeq: lastSeq(), rawBytes: sealed.bytes });
    } catch (error) {
      this.#error = error;
      this.#retryAtMs = Date.now() + retryMs;
      throw error;
    }
    this.#error = undefined;
    this.#oldestMs = startedMs;
    segments.release(sealed);
    onReleased();
  }
}
