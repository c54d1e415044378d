// Streams as the writer knows them: those that entries are expected of. What is stored of them only readers know.
import { type Labels, labelsKey } from '../../model/labels.ts';
import { LabelValues } from '../../store/label-values.ts';
import type { LabelCardinality, StreamChanges, StreamId, StreamOwner } from '../../store/store.ts';
import { RowWriter } from '../format/row-writer.ts';
import { streamKey } from '../format/stream-key.ts';
import { shardOf } from '../server/cluster.ts';

/** Bounds of times, both inclusive. */
export interface Bounds {
  firstNs: bigint;
  lastNs: bigint;
}

export interface ActiveStream extends StreamOwner {
  readonly id: StreamId;
  /** Its name in the tables. */
  readonly key: bigint;
  readonly shard: number;
  /** Tenant and key as RowBinary. */
  readonly owner: Uint8Array;
  /** After how many days its entries go; 0: never. */
  readonly keepDays: number;
  /** By hour: what the table `stream` says already, as far as it is remembered. */
  readonly stored: Map<number, Readonly<Bounds>>;
}

/** How often idle streams are looked for, at most. */
const sweepMs = 10_000;

export interface ActiveStreamsOptions {
  readonly idleMs: number;
  /** See {@link LabelValues}. */
  readonly labelValuesWarned: number;
  readonly shards: number;
  readonly keepDaysOf: (owner: StreamOwner) => number;
  /** The stream has entries that are not committed yet: it is not forgotten. */
  readonly isHeld: (id: StreamId) => boolean;
}

export class ActiveStreams {
  readonly #options: ActiveStreamsOptions;
  readonly #ids = new Map<string, StreamId>();
  readonly #streams = new Map<StreamId, ActiveStream>();
  readonly #labelValues: LabelValues;
  /** Per tenant: stream → when it was last asked for or had an entry, Unix ms. */
  readonly #lastMs = new Map<string, Map<StreamId, number>>();
  readonly #changes = new Map<string, { created: number; removed: number }>();
  #nextId = 1;
  #sweptMs = 0;

  constructor(options: ActiveStreamsOptions) {
    this.#options = options;
    this.#labelValues = new LabelValues(options.labelValuesWarned);
  }

  /** The id of the label set, a new one if need be. */
  id(tenant: string, labels: Labels): StreamId {
    const name = nameOf(tenant, labels);
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = this.#nextId++;
    const key = streamKey(tenant, labels);
    const owner = new RowWriter();
    owner.text(tenant);
    owner.u64(key);
    this.#ids.set(name, id);
    this.#streams.set(id, {
      id,
      tenant,
      labels,
      key,
      shard: shardOf(key, this.#options.shards),
      owner: Uint8Array.from(owner.written),
      keepDays: this.#options.keepDaysOf({ tenant, labels }),
      stored: new Map(),
    });
    this.#labelValues.add(tenant, labels);
    return id;
  }

  get(id: StreamId): ActiveStream | undefined {
    return this.#streams.get(id);
  }

  touch(ids: Iterable<StreamId>, nowMs: number): void {
    for (const id of ids) {
      const tenant = this.#streams.get(id)?.tenant;
      if (tenant === undefined) continue;
      let streams = this.#lastMs.get(tenant);
      if (streams === undefined) {
        streams = new Map();
        this.#lastMs.set(tenant, streams);
      }
      if (!streams.has(id)) this.#changesOf(tenant).created++;
      streams.set(id, nowMs);
    }
  }

  isActive(tenant: string, labels: Labels, nowMs: number): boolean {
    const id = this.#ids.get(nameOf(tenant, labels));
    const lastMs = id === undefined ? undefined : this.#lastMs.get(tenant)?.get(id);
    return lastMs !== undefined && nowMs - lastMs <= this.#options.idleMs;
  }

  active(tenant: string, nowMs: number): number {
    this.#sweep(nowMs);
    return this.#lastMs.get(tenant)?.size ?? 0;
  }

  takeChanges(nowMs: number): readonly StreamChanges[] {
    this.#sweep(nowMs);
    const changes = [...this.#changes].map(([tenant, counts]) => ({ tenant, ...counts }));
    this.#changes.clear();
    return changes;
  }

  takeLabelChanges(): readonly LabelCardinality[] {
    return this.#labelValues.takeChanges();
  }

  #sweep(nowMs: number): void {
    if (nowMs - this.#sweptMs < sweepMs && nowMs >= this.#sweptMs) return;
    this.#sweptMs = nowMs;
    for (const [tenant, streams] of this.#lastMs) {
      for (const [id, lastMs] of streams)
        if (nowMs - lastMs > this.#options.idleMs && !this.#options.isHeld(id)) this.#forget(id, streams);
      if (streams.size === 0) this.#lastMs.delete(tenant);
    }
  }

  #forget(id: StreamId, streams: Map<StreamId, number>): void {
    streams.delete(id);
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    const { tenant, labels } = stream;
    this.#changesOf(tenant).removed++;
    this.#streams.delete(id);
    this.#ids.delete(nameOf(tenant, labels));
    this.#labelValues.remove(tenant, labels);
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

const nameOf = (tenant: string, labels: Labels): string => `${tenant.length}:${tenant}${labelsKey(labels)}`;
