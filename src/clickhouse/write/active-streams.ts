// Streams as the writer knows them: those that entries are expected of. What is stored of them only readers know.
import type { Labels } from '../../model/labels.ts';
import { LabelValues } from '../../store/label-values.ts';
import type { LabelCardinality, StreamChanges, StreamId, StreamOwner } from '../../store/store.ts';
import { StreamActivity, streamName } from '../../store/stream-activity.ts';
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
  readonly #activity: StreamActivity;
  #nextId = 1;

  constructor(options: ActiveStreamsOptions) {
    this.#options = options;
    this.#labelValues = new LabelValues(options.labelValuesWarned);
    this.#activity = new StreamActivity(options.idleMs, (id) => {
      if (!options.isHeld(id)) this.#forget(id);
    });
  }

  /** The id of the label set, a new one if need be. */
  id(tenant: string, labels: Labels): StreamId {
    const name = streamName(tenant, labels);
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
      const stream = this.#streams.get(id);
      if (stream !== undefined) this.#activity.touch(stream.tenant, id, nowMs);
    }
  }

  isActive(tenant: string, labels: Labels, nowMs: number): boolean {
    const id = this.#ids.get(streamName(tenant, labels));
    return id !== undefined && this.#activity.isActive(tenant, id, nowMs);
  }

  active(tenant: string, nowMs: number): number {
    return this.#activity.count(tenant, nowMs);
  }

  takeChanges(nowMs: number): readonly StreamChanges[] {
    return this.#activity.takeChanges(nowMs);
  }

  takeLabelChanges(): readonly LabelCardinality[] {
    return this.#labelValues.takeChanges();
  }

  #forget(id: StreamId): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    const { tenant, labels } = stream;
    this.#activity.end(tenant, id);
    this.#streams.delete(id);
    this.#ids.delete(streamName(tenant, labels));
    this.#labelValues.remove(tenant, labels);
  }
}
