// Structured metadata that stages may change.

import type { HeldMetadata } from '../../ingest/sink/entry-batch.ts';
import { emptyLabels, type LabelPair, type Labels, labelsFromPairs, labelValue } from '../../model/labels.ts';
import { listedMax, PlacedValues } from './placed-values.ts';

export class MetadataEdit implements HeldMetadata {
  /** As it was before, and still is if nothing was changed. */
  #before: Labels = emptyLabels;
  #isChanged = false;
  /** Sorted by name; empty values are left out at the end. */
  readonly #list = new PlacedValues();
  #map: Map<string, string> | undefined;

  /** Begins with these. `text`: what places are in. */
  begin(labels: Labels, text: string): void {
    this.#before = labels;
    this.#isChanged = false;
    this.#list.clear(text);
    this.#map = undefined;
  }

  get(name: string): string | undefined {
    if (!this.#isChanged) return labelValue(this.#before, name);
    if (this.#map) return this.#map.get(name);
    const at = this.#list.find(name);
    return at < 0 ? undefined : this.#list.valueAt(at);
  }

  set(name: string, value: string): void {
    this.#set(name, value, -1, -1);
  }

  /** As `set`, of what stands in the text. */
  setPlace(name: string, start: number, end: number): void {
    this.#set(name, undefined, start, end);
  }

  /** Undefined: they must be asked for by `result`. */
  get held(): HeldMetadata | undefined {
    return this.#isChanged && !this.#map ? this : undefined;
  }

  /** The same object as before when nothing was changed. */
  result(): Labels {
    if (!this.#isChanged) return this.#before;
    if (this.#map) return labelsFromPairs(this.#map);
    const pairs: LabelPair[] = [];
    for (let at = 0; at < this.#list.count; at++) {
      const value = this.#list.valueAt(at);
      if (value !== '') pairs.push([this.#list.names[at] as string, value]);
    }
    return pairs;
  }

  get count(): number {
    return this.#list.count;
  }

  name(at: number): string {
    return this.#list.names[at] as string;
  }

  value(at: number): string | undefined {
    return this.#list.values[at];
  }

  start(at: number): number {
    return this.#list.starts[at] as number;
  }

  end(at: number): number {
    return this.#list.ends[at] as number;
  }

  #set(name: string, value: string | undefined, start: number, end: number): void {
    if (!this.#isChanged) this.#takeBefore();
    const list = this.#list;
    if (list.count >= listedMax) this.#map ??= list.toMap();
    if (this.#map) {
      this.#map.set(name, value ?? list.text.slice(start, end));
      return;
    }
    let at = list.count;
    while (at > 0 && (list.names[at - 1] as string) >= name) at--;
    if (at === list.count || list.names[at] !== name) list.insertAt(at);
    list.put(at, name, value, start, end);
  }

  #takeBefore(): void {
    this.#isChanged = true;
    if (this.#before.length > listedMax) this.#map = new Map(this.#before);
    else for (const [name, value] of this.#before) this.#list.put(this.#list.count++, name, value);
  }
}
