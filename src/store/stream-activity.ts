// Which streams of a writer are active, by tenant: those that an entry came for not long ago.
import { type Labels, labelsKey } from '../model/labels.ts';
import type { StreamChanges, StreamId } from './store.ts';

/** How often idle streams are looked for, at most. */
const sweepMs = 10_000;

/** Equal for the same tenant and labels only. Names of streams on ClickHouse are made of it: it never changes. */
export const streamName = (tenant: string, labels: Labels): string =>
  `${tenant.length}:${tenant}${labelsKey(labels)}`;

export class StreamActivity {
  readonly #idleMs: number;
  readonly #onIdle: (id: StreamId) => void;
  /** Per tenant: stream → when it was last touched, Unix ms. */
  readonly #active = new Map<string, Map<StreamId, number>>();
  /** Per tenant: streams that became active and that ceased to be, since they were last taken. */
  readonly #changes = new Map<string, { created: number; removed: number }>();
  #sweptMs = 0;

  /** `onIdle` is told of a stream again and again until it ends it, or the stream is touched. */
  constructor(idleMs: number, onIdle: (id: StreamId) => void) {
    this.#idleMs = idleMs;
    this.#onIdle = onIdle;
  }

  touch(tenant: string, id: StreamId, nowMs: number): void {
    let streams = this.#active.get(tenant);
    if (streams === undefined) {
      streams = new Map();
      this.#active.set(tenant, streams);
    }
    if (!streams.has(id)) this.#changesOf(tenant).created++;
    streams.set(id, nowMs);
  }

  /** The stream is no longer active. */
  end(tenant: string, id: StreamId): void {
    const streams = this.#active.get(tenant);
    if (streams?.delete(id) === true) this.#changesOf(tenant).removed++;
    if (streams?.size === 0) this.#active.delete(tenant);
  }

  isActive(tenant: string, id: StreamId, nowMs: number): boolean {
    const lastMs = this.#active.get(tenant)?.get(id);
    return lastMs !== undefined && nowMs - lastMs <= this.#idleMs;
  }

  count(tenant: string, nowMs: number): number {
    this.#sweep(nowMs);
    return this.#active.get(tenant)?.size ?? 0;
  }

  takeChanges(nowMs: number): readonly StreamChanges[] {
    this.#sweep(nowMs);
    const changes = [...this.#changes].map(([tenant, counts]) => ({ tenant, ...counts }));
    this.#changes.clear();
    return changes;
  }

  #sweep(nowMs: number): void {
    if (nowMs - this.#sweptMs < sweepMs && nowMs >= this.#sweptMs) return;
    this.#sweptMs = nowMs;
    for (const streams of this.#active.values())
      for (const [id, lastMs] of streams) if (nowMs - lastMs > this.#idleMs) this.#onIdle(id);
  }

  #changesOf(tenant: string): { created: number; removed: number } {
    let changes = this.#changes.get(tenant);
    if (changes === undefined) {
      changes = { created: 0, removed: 0 };
      this.#changes.set(tenant, changes);
    }
    return changes;
  }
}
