// Streams as the writer knows them: ids, owners, which are already in the database, which are active.
import type { Database, Statement } from 'better-sqlite3';
import { type LabelPair, type Labels, labelsKey } from '../../model/labels.ts';
import { LabelValues } from '../../store/label-values.ts';
import type { LabelCardinality, StreamChanges } from '../../store/store.ts';

export interface StreamOwner {
  readonly tenant: string;
  readonly labels: Labels;
}

interface StreamRow {
  readonly id: number;
  readonly tenant: string;
  readonly labels: string;
}

/** How often idle streams are looked for, at most. */
const sweepMs = 10_000;

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
  /** Per tenant: stream → last entry's arrival, Unix ms. */
  readonly #active = new Map<string, Map<number, number>>();
  /** Per tenant: streams that became active and that ceased to be, since they were last taken. */
  readonly #changes = new Map<string, { created: number; removed: number }>();
  readonly #insert: Statement<[number, string, string]>;
  readonly #idleMs: number;
  readonly #isHeld: (id: number) => boolean;
  #nextId = 1;
  #sweptMs = 0;

  constructor(database: Database, { idleMs, labelValuesWarned, isHeld }: StreamRegistryOptions) {
    this.#idleMs = idleMs;
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
    const known = this.#ids.get(streamKey(tenant, labels));
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
      const tenant = this.#owners.get(id)?.tenant;
      if (tenant === undefined) continue;
      let streams = this.#active.get(tenant);
      if (streams === undefined) {
        streams = new Map();
        this.#active.set(tenant, streams);
      }
      if (!streams.has(id)) this.#changesOf(tenant).created++;
      streams.set(id, nowMs);
    }
  }

  isActive(tenant: string, labels: Labels, nowMs: number): boolean {
    const id = this.#ids.get(streamKey(tenant, labels));
    if (id === undefined) return false;
    const lastMs = this.#active.get(tenant)?.get(id);
    return lastMs !== undefined && nowMs - lastMs <= this.#idleMs;
  }

  active(tenant: string, nowMs: number): number {
    this.#sweep(nowMs);
    return this.#active.get(tenant)?.size ?? 0;
  }

  takeChanges(nowMs: number): StreamChanges[] {
    this.#sweep(nowMs);
    const changes = [...this.#changes].map(([tenant, counts]) => ({ tenant, ...counts }));
    this.#changes.clear();
    return changes;
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
      const lastMs = this.#active.get(owner.tenant)?.get(id);
      if (lastMs === undefined || nowMs - lastMs > this.#idleMs) this.#end(id, owner);
    }
  }

  #sweep(nowMs: number): void {
    if (nowMs - this.#sweptMs < sweepMs && nowMs >= this.#sweptMs) return;
    this.#sweptMs = nowMs;
    for (const streams of this.#active.values())
      for (const [id, lastMs] of streams)
        if (nowMs - lastMs > this.#idleMs) this.#end(id, this.#owners.get(id) as StreamOwner);
  }

  /** The stream is idle: no longer active, and forgotten unless it is in the database. */
  #end(id: number, owner: StreamOwner): void {
    if (this.#unsaved.has(id) && this.#isHeld(id)) return;
    const { tenant, labels } = owner;
    const streams = this.#active.get(tenant);
    if (streams?.delete(id) === true) this.#changesOf(tenant).removed++;
    if (streams?.size === 0) this.#active.delete(tenant);
    if (!this.#unsaved.delete(id)) return;
    this.#ids.delete(streamKey(tenant, labels));
    this.#owners.delete(id);
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

  #remember(id: number, owner: StreamOwner): void {
    if (id >= this.#nextId) this.#nextId = id + 1;
    this.#ids.set(streamKey(owner.tenant, owner.labels), id);
    this.#owners.set(id, owner);
    this.#labelValues.add(owner.tenant, owner.labels);
  }
}

const streamKey = (tenant: string, labels: Labels): string =>
  `${tenant.length}:${tenant}${labelsKey(labels)}`;
