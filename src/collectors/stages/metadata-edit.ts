// Structured metadata that stages may change. What stands in the line as it was read stays a place there: it goes to the
// store as the bytes it is.

import type { HeldMetadata } from '../../ingest/sink/entry-batch.ts';
import { emptyLabels, type LabelPair, type Labels, labelsFromPairs, labelValue } from '../../model/labels.ts';

/** Up to this many a list is cheaper than a map. */
const listedMax = 16;

export class MetadataEdit implements HeldMetadata {
  /** As it was before, and still is if nothing was changed. */
  #before: Labels = emptyLabels;
  #isChanged = false;
  /** Sorted by name; empty values are left out at the end. */
  #count = 0;
  readonly #names: string[] = [];
  readonly #values: (string | undefined)[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  /** What places are in. */
  #text = '';
  #map: Map<string, string> | undefined;

  /** Begins with these. `text`: what places are in. */
  begin(labels: Labels, text: string): void {
    this.#before = labels;
    this.#isChanged = false;
    this.#text = text;
    this.#map = undefined;
  }

  get(name: string): string | undefined {
    if (!this.#isChanged) return labelValue(this.#before, name);
    if (this.#map) return this.#map.get(name);
    const at = this.#find(name);
    return at < 0 ? undefined : this.#valueAt(at);
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
    for (let at = 0; at < this.#count; at++) {
      const value = this.#valueAt(at);
      if (value !== '') pairs.push([this.#names[at] as string, value]);
    }
    return pairs;
  }

  get count(): number {
    return this.#count;
  }

  name(at: number): string {
    return this.#names[at] as string;
  }

  value(at: number): string | undefined {
    return this.#values[at];
  }

  start(at: number): number {
    return this.#starts[at] as number;
  }

  end(at: number): number {
    return this.#ends[at] as number;
  }

  #set(name: string, value: string | undefined, start: number, end: number): void {
    if (!this.#isChanged) this.#takeBefore();
    if (!this.#map && this.#count >= listedMax) this.#map = this.#asMap();
    if (this.#map) {
      this.#map.set(name, value ?? this.#text.slice(start, end));
      return;
    }
    let at = this.#count;
    while (at > 0 && (this.#names[at - 1] as string) >= name) at--;
    if (at === this.#count || this.#names[at] !== name) this.#makeRoom(at);
    this.#names[at] = name;
    this.#values[at] = value;
    this.#starts[at] = start;
    this.#ends[at] = end;
  }

  #takeBefore(): void {
    this.#isChanged = true;
    this.#count = 0;
    if (this.#before.length > listedMax) this.#map = new Map(this.#before);
    else
      for (const [name, value] of this.#before) {
        this.#names[this.#count] = name;
        this.#values[this.#count] = value;
        this.#starts[this.#count] = -1;
        this.#ends[this.#count] = -1;
        this.#count++;
      }
  }

  #makeRoom(at: number): void {
    for (let to = this.#count; to > at; to--) {
      this.#names[to] = this.#names[to - 1] as string;
      this.#values[to] = this.#values[to - 1];
      this.#starts[to] = this.#starts[to - 1] as number;
      this.#ends[to] = this.#ends[to - 1] as number;
    }
    this.#count++;
  }

  #asMap(): Map<string, string> {
    const map = new Map<string, string>();
    for (let at = 0; at < this.#count; at++) map.set(this.#names[at] as string, this.#valueAt(at));
    return map;
  }

  #valueAt(at: number): string {
    return this.#values[at] ?? this.#text.slice(this.#starts[at], this.#ends[at]);
  }

  #find(name: string): number {
    for (let at = 0; at < this.#count; at++) if (this.#names[at] === name) return at;
    return -1;
  }
}
