// Damaged blocks: a reader that meets one leaves it out and tells the builder, which marks the row, so that no reader
// looks again. Damage never fails a query.
import { BroadcastChannel } from 'node:worker_threads';
import type { ScanCounters } from '../../store/store.ts';
import { CorruptBlockError } from '../format/block.ts';

export interface DamagedBlock {
  readonly id: number;
  readonly problem: string;
}

/** Blocks one thread remembers: beyond, it may read and report one again. */
const rememberedMax = 10_000;

export class DamageReports {
  readonly #channel: BroadcastChannel | undefined;
  readonly #known = new Set<number>();

  /** Without a channel nobody is told. */
  constructor(channel: string | undefined) {
    this.#channel = channel === undefined ? undefined : new BroadcastChannel(channel);
    this.#channel?.unref();
  }

  has(id: number): boolean {
    return this.#known.has(id);
  }

  report(id: number, error: Error): void {
    if (this.#known.has(id)) return;
    if (this.#known.size < rememberedMax) this.#known.add(id);
    this.#channel?.postMessage({ id, problem: error.message } satisfies DamagedBlock);
  }

  close(): void {
    this.#channel?.close();
  }
}

/**
 * Reads a block, or leaves it out, counts and reports it when it is damaged: then the answer is undefined. Throws what
 * `read` throws beside CorruptBlockError.
 */
export function withoutDamage<T>(
  id: number,
  { damage, counters }: { readonly damage: DamageReports; readonly counters: ScanCounters },
  read: () => T,
): T | undefined {
  try {
    if (!damage.has(id)) return read();
  } catch (error) {
    if (!(error instanceof CorruptBlockError)) throw error;
    damage.report(id, error);
  }
  counters.blocksDamaged = (counters.blocksDamaged ?? 0) + 1;
  return undefined;
}

/** The builder's end. */
export function onDamage(channel: string, take: (damaged: DamagedBlock) => void): { close(): void } {
  const receiver = new BroadcastChannel(channel);
  receiver.onmessage = (event) => take((event as { readonly data: DamagedBlock }).data);
  receiver.unref();
  return receiver;
}
