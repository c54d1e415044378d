// Streams as the writer knows them: ids, owners, which are already in the database, which are active.
import type { Database, Statement } from 'better-sqlite3';
import type { LabelPair, Labels } from '../../model/labels.ts';
import { LabelValues } from '../../store/label-values.ts';
import type { LabelCardinality, StreamChanges, StreamOwner } from '../../store/store.ts';
import { StreamActivity, streamName } from '../../store/stream-activity.ts';

interface StreamRow {
  readonly id: number;
  readonly tenant: string;
  readonly labels: string;
}

export interface StreamRegistryOptions {
  readonly idleMs: number;
  /** See {@link LabelValues}. */
  readonly labelValuesWarned: number;
  /** The stream has entries that are not committed yet: it is not forgotten. */
  readonly isHeld: (id: number) => boolean;
}

export const encodeLabels = (labels: Labels): string => JSON.stringify(labels);
export const decodeLabels = (text: string): Labels => JSON.parse(text) as LabelPair[];

export class StreamRegistry {
  readonly #ids = new Map<string, number>();
  readonly #owners = new Map<number, StreamOwner>();
  /** Not in the database: new, or released. */
  readonly #unsaved = new Set<number>();
  readonly #labelValues: LabelValues;
  readonly #activity: StreamActivity;
  readonly #insert: Statement<[number, string, string]>;
  readonly #isHeld: (id: number) => boolean;
  #nextId = 1;

  constructor(database: Database, { idleMs, labelValuesWarned, isHeld }: StreamRegistryOptions) {
    this.#activity = new StreamActivity(idleMs, (id) => this.#end(id, this.#owners.get(id) as StreamOwner));
    this.#isHeld = isHeld;
    this.#labelValues = new LabelValues(labelValuesWarned);
    this.#insert = database.prepare('INSERT INTO stream(id, tenant, labels) VALUES (?, ?, ?)');
    const rows = database.prepare<[], StreamRow>('SELECT id, tenant, labels FROM stream').all();
    for (const { id, tenant, labels } of rows) this.#remember(id, { tenant, labels: decodeLabels(labels) });
  }

  /** Streams in memory: those in the database, those that are active, and new ones. */
  get size(): number {
    return this.#owners.size;
  }

  /** The id of the label set, a new one if need be. */
  id(tenant: string, labels: Labels): number {
    const known = this.#ids.get(streamName(tenant, labels));
    if (known !== undefined) return known;
    const id = this.#nextId;
    this.#remember(id, { tenant, labels });
    this.#unsaved.add(id);
    return id;
  }

  owner(id: number): StreamOwner | undefined {
    return this.#owners.get(id);
  }

  /** Those of the ids that are not in the database yet. */
  unsaved(ids: Iterable<number>): number[] {
    return this.#unsaved.size === 0 ? [] : [...new Set(ids)].filter((id) => this.#unsaved.has(id));
  }

  /** Inside the commit's transaction. */
  insert(ids: readonly number[]): void {
    for (const id of ids) {
      const owner = this.#owners.get(id) as StreamOwner;
      this.#insert.run(id, owner.tenant, encodeLabels(owner.labels));
    }
  }

  /** After the commit. */
  saved(ids: readonly number[]): void {
    for (const id of ids) this.#unsaved.delete(id);
  }

  touch(ids: Iterable<number>, nowMs: number): void {
    for (const id of ids) {
      const owner = this.#owners.get(id);
      if (owner !== undefined) this.#activity.touch(owner.tenant, id, nowMs);
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

  /**
   * Their rows are about to be deleted. Callers may hold the ids of active ones: these stay until they are idle, and an
   * entry that comes before inserts the row again.
   */
  release(ids: Iterable<number>, nowMs: number): void {
    for (const id of ids) {
      const owner = this.#owners.get(id);
      if (owner === undefined) continue;
      this.#unsaved.add(id);
      if (!this.#activity.isActive(owner.tenant, id, nowMs)) this.#end(id, owner);
    }
  }

  /** The stream is idle: no longer active, and forgotten unless it is in the database. */
  #end(id: number, owner: StreamOwner): void {
    if (this.#unsaved.has(id) && this.#isHeld(id)) return;
    const { tenant, labels } = owner;
    this.#activity.end(tenant, id);
    if (!this.#unsaved.delete(id)) return;
    this.#ids.delete(streamName(tenant, labels));
    this.#owners.delete(id);
    this.#labelValues.remove(tenant, labels);
  }

  #remember(id: number, owner: StreamOwner): void {
    if (id >= this.#nextId) this.#nextId = id + 1;
    this.#ids.set(streamName(owner.tenant, owner.labels), id);
    this.#owners.set(id, owner);
    this.#labelValues.add(owner.tenant, owner.labels);
  }
}
