// Pushes that are too much for one turn of the event loop: one after the other they are decoded in a thread apart,
// admitted and stored in steps of some milliseconds, while other pushes go on.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EntryColumns, StoreWriter } from '../../store/store.ts';
import { freeBytes } from '../../threads/free-memory.ts';
import type { PushRequest, PushResponse } from '../client/ingest-service.ts';
import { doorOf } from '../doors/doors.ts';
import type { PushStreams } from '../entries/push-stream.ts';
import type { IngestLimits } from '../limits/limits.ts';
import { PushError } from '../limits/push-error.ts';
import { appendInSlices } from './append-slices.ts';
import { FairQueue } from './fair-queue.ts';
import { type PackedPush, unpackPush } from './large-push.ts';
import type { LargePushThread } from './large-push-thread.ts';
import type { PushProcessor } from './push-processor.ts';

export interface LargePushesOptions {
  readonly thread: Pick<LargePushThread, 'decode' | 'close'>;
  readonly processor: PushProcessor;
  readonly limits: (tenant: string) => IngestLimits;
  readonly streams: PushStreams;
  readonly writer: Pick<StoreWriter, 'append'>;
  /** The answer when the store did not take it. */
  readonly notStored: (request: PushRequest, error: unknown) => PushResponse;
  /** Unix ms. */
  readonly nowMs: () => number;
}

interface Waiting {
  readonly request: PushRequest;
  readonly key: string | undefined;
  readonly resolve: (response: PushResponse) => void;
  readonly reject: (error: unknown) => void;
}

/** Work at one go before others have their turn. */
const sliceMs = 4;
/** Clients come back after this when the thread was lost. */
const lostRetryAfterSeconds = 5;

export class LargePushes {
  readonly #options: LargePushesOptions;
  readonly #queue = new FairQueue<Waiting>();
  #working: Promise<void> | undefined;

  constructor(options: LargePushesOptions) {
    this.#options = options;
  }

  /** Resolves when what may be stored of it is durable. Takes the request's body. `key`: see batchKey. */
  push(request: PushRequest, sender: string, key?: string): Promise<PushResponse> {
    return new Promise((resolve, reject) => {
      this.#queue.add(sender, { request, key, resolve, reject });
      this.#working ??= this.#work().finally(() => {
        this.#working = undefined;
      });
    });
  }

  /** Resolves when all have been answered and the thread has ended. */
  async close(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
    await this.#options.thread.close();
  }

  async #work(): Promise<void> {
    for (let next = this.#queue.next(); next !== undefined; next = this.#queue.next()) {
      await this.#process(next).then(next.resolve, next.reject);
    }
  }

  async #process({ request, key }: Waiting): Promise<PushResponse> {
    const { thread, processor, limits, nowMs } = this.#options;
    const bodyBytes = request.body.byteLength;
    const push = {
      request,
      kind: doorOf(request).kindOf(request),
      limits: limits(request.tenant),
      nowMs: nowMs(),
    };
    const outcome = await thread.decode(push).catch((error: Error) => error);
    if (outcome instanceof Error) {
      return {
        status: 503,
        message: `the push was not decoded (${outcome.message}): try again later`,
        retryAfterSeconds: lostRetryAfterSeconds,
      };
    }
    if (outcome.refused === undefined) return this.#admit(request, outcome.push, key);
    const { status, message } = outcome.refused;
    return processor.refused(request, new PushError(status, message), bodyBytes);
  }

  async #admit(request: PushRequest, push: PackedPush, key?: string): Promise<PushResponse> {
    const { processor, streams, writer, notStored } = this.#options;
    const { columns, decoded } = await inSteps(unpackPush(push, request.tenant, streams));
    try {
      const { store, isWhole, response } = await inSteps(processor.admit(request, decoded, columns));
      if (store) await appendInSlices(writer, columns, nextTurn, isWhole ? key : undefined);
      return response;
    } catch (error) {
      return notStored(request, error);
    } finally {
      giveBack(columns);
    }
  }
}

/** Runs it to its end, with a turn of the event loop whenever it has taken its time. */
async function inSteps<T>(steps: Generator<undefined, T>): Promise<T> {
  let until = performance.now() + sliceMs;
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    if (performance.now() < until) continue;
    await nextTurn();
    until = performance.now() + sliceMs;
  }
}

/** Up to two hundred megabytes outside of the heap, for which the garbage collector sees no reason to hurry. */
function giveBack(columns: EntryColumns): void {
  for (const part of [
    columns.bytes,
    columns.metadataBytes,
    columns.seconds,
    columns.lineStart,
    columns.lineEnd,
  ])
    freeBytes(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
}
