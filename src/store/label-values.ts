// How many values each label name has among a tenant's streams, to warn of names that make a stream of every value.
// Memory is bounded: of each name this many values are told apart as the setting allows, the others are only counted.
import type { Labels } from '../model/labels.ts';
import type { LabelCardinality } from './store.ts';

/** A name is no longer high once it has a tenth fewer values than it may have, so that it is not told of in turns. */
const lowShare = 0.9;
/** Names of one tenant that are looked at; streams may bring any number. */
const namesMax = 1000;

class NameValues {
  readonly tenant: string;
  readonly name: string;
  /** Streams by value, of the values that are told apart. */
  readonly streams = new Map<string, number>();
  /** Streams with other values: at least one value, at most this many. */
  others = 0;
  isHigh = false;
  isToldHigh = false;

  constructor(tenant: string, name: string) {
    this.tenant = tenant;
    this.name = name;
  }
}

export class LabelValues {
  readonly #valuesMax: number;
  readonly #tenants = new Map<string, Map<string, NameValues>>();
  readonly #changed = new Set<NameValues>();

  /** Names with more than `valuesMax` values are high; 0: none is. */
  constructor(valuesMax: number) {
    this.#valuesMax = valuesMax;
  }

  add(tenant: string, labels: Labels): void {
    if (this.#valuesMax === 0) return;
    let names = this.#tenants.get(tenant);
    if (names === undefined) {
      names = new Map();
      this.#tenants.set(tenant, names);
    }
    for (const [name, value] of labels) {
      let values = names.get(name);
      if (values === undefined) {
        if (names.size >= namesMax) continue;
        values = new NameValues(tenant, name);
        names.set(name, values);
      }
      const { streams } = values;
      const known = streams.get(value);
      if (known !== undefined || streams.size < this.#valuesMax) streams.set(value, (known ?? 0) + 1);
      else values.others++;
      if (values.others > 0 && streams.size === this.#valuesMax) this.#setHigh(values, true);
    }
  }

  /** Of a stream that was added. */
  remove(tenant: string, labels: Labels): void {
    const names = this.#tenants.get(tenant);
    for (const [name, value] of labels) {
      const values = names?.get(name);
      if (values === undefined) continue;
      const { streams } = values;
      const known = streams.get(value);
      if (known === undefined) values.others = Math.max(0, values.others - 1);
      else if (known > 1) streams.set(value, known - 1);
      else streams.delete(value);
      const valuesAtMost = streams.size + values.others;
      if (valuesAtMost <= this.#valuesMax * lowShare) this.#setHigh(values, false);
      if (valuesAtMost === 0) names?.delete(name);
    }
    if (names?.size === 0) this.#tenants.delete(tenant);
  }

  /** Names that have become high, and that no longer are, since the last call. */
  takeChanges(): readonly LabelCardinality[] {
    const changes: LabelCardinality[] = [];
    for (const values of this.#changed) {
      const { tenant, name, isHigh } = values;
      if (isHigh === values.isToldHigh) continue;
      values.isToldHigh = isHigh;
      changes.push({ tenant, name, valuesMax: this.#valuesMax, isHigh });
    }
    this.#changed.clear();
    return changes;
  }

  #setHigh(values: NameValues, isHigh: boolean): void {
    if (values.isHigh === isHigh) return;
    values.isHigh = isHigh;
    this.#changed.add(values);
  }
}
