// A sink that keeps entries and checkpoints in one step, with a crash: what was not committed is gone.

import type { RepairCounts } from '../../src/ingest/repair/repair-kind.ts';
import { collectedEntries, type PackedEntries } from '../../src/ingest/sink/packed-entries.ts';
import type { CollectedEntry, Sink } from '../../src/ingest/sink/sink.ts';
import type { Checkpoint } from '../../src/store/store.ts';

export class MemorySink implements Sink {
  readonly entries: CollectedEntry[] = [];
  readonly kept = new Map<string, Checkpoint>();
  /** Called before each commit; may delay it or throw to refuse it. */
  beforeCommit: (entries: readonly CollectedEntry[]) => Promise<void> | void = () => {};
  #waiters: { enough: () => boolean; resolve: () => void }[] = [];
  #epoch = 0;

  async write(packed: PackedEntries, checkpoints: readonly Checkpoint[]): Promise<RepairCounts> {
    return this.#write(packed, checkpoints, this.#epoch);
  }

  /** For one process: after the next crash nothing that is written here commits or resolves. */
  session(): Sink {
    const epoch = this.#epoch;
    return {
      write: (packed, checkpoints) => this.#write(packed, checkpoints, epoch),
      checkpoints: (source) => this.checkpoints(source),
    };
  }

  async #write(
    packed: PackedEntries,
    checkpoints: readonly Checkpoint[],
    epoch: number,
  ): Promise<RepairCounts> {
    const entries = collectedEntries(packed);
    await this.beforeCommit(entries);
    if (epoch !== this.#epoch) return new Promise(() => {});
    for (const entry of entries) this.entries.push(entry);
    for (const checkpoint of checkpoints) {
      const key = `${checkpoint.source}\n${checkpoint.key}`;
      if (checkpoint.state === '') this.kept.delete(key);
      else this.kept.set(key, checkpoint);
    }
    this.#waiters = this.#waiters.filter(({ enough, resolve }) => {
      if (!enough()) return true;
      resolve();
      return false;
    });
    return {};
  }

  async checkpoints(source: string): Promise<readonly Checkpoint[]> {
    return [...this.kept.values()].filter((checkpoint) => checkpoint.source === source);
  }

  /** As kill -9: writes under way never commit and never resolve. */
  crash(): void {
    this.#epoch++;
  }

  /** Resolves once `enough` holds after a commit; rejects after `timeoutMs`, saying what is there. */
  until(enough: () => boolean, timeoutMs = 60_000): Promise<void> {
    if (enough()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const last = this.entries.slice(-3).map(({ line }) => line.slice(0, 80));
        reject(
          new Error(`after ${timeoutMs} ms: ${this.entries.length} entries, last ${JSON.stringify(last)}`),
        );
      }, timeoutMs);
      this.#waiters.push({
        enough,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      });
    });
  }

  get lines(): string[] {
    return this.entries.map(({ line }) => line);
  }
}
