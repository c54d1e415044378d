// The values that stages have taken out of an entry, by name, for those after them.
import { listedMax, PlacedValues } from './placed-values.ts';

export class Extracted {
  readonly #list = new PlacedValues();
  #map: Map<string, string> | undefined;

  /** Starts over, with none. `text`: what places are in. */
  clear(text: string): void {
    this.#list.clear(text);
    this.#map = undefined;
  }

  /** True: places in that text may be set. */
  isOf(text: string): boolean {
    return text !== '' && text === this.#list.text;
  }

  get(name: string): string | undefined {
    if (this.#map) return this.#map.get(name);
    const at = this.#list.find(name);
    if (at < 0) return undefined;
    this.#list.values[at] ??= this.#list.valueAt(at);
    return this.#list.values[at];
  }

  /** In the place of a value of that name, or after all. */
  set(name: string, value: string): void {
    const at = this.#placeOf(name);
    if (at < 0) this.#asMap().set(name, value);
    else this.#list.put(at, name, value);
  }

  /** As `set`, of what stands in the text. */
  setPlace(name: string, start: number, end: number): void {
    const at = this.#placeOf(name);
    if (at < 0) this.#asMap().set(name, this.#list.text.slice(start, end));
    else this.#list.put(at, name, undefined, start, end);
  }

  /** Where in the text a value stands, by `startAt` and `endAt`; -1 when it is not there, or is another text. */
  findPlace(name: string): number {
    const at = this.#map ? -1 : this.#list.find(name);
    return at >= 0 && (this.#list.starts[at] as number) >= 0 ? at : -1;
  }

  startAt(place: number): number {
    return this.#list.starts[place] as number;
  }

  endAt(place: number): number {
    return this.#list.ends[place] as number;
  }

  /** In the order in which they came. */
  names(): readonly string[] {
    return this.#map ? [...this.#map.keys()] : this.#list.names.slice(0, this.#list.count);
  }

  /** -1: there are too many for the list. */
  #placeOf(name: string): number {
    if (this.#map) return -1;
    const found = this.#list.find(name);
    if (found >= 0) return found;
    return this.#list.count < listedMax ? this.#list.count++ : -1;
  }

  #asMap(): Map<string, string> {
    this.#map ??= this.#list.toMap();
    return this.#map;
  }
}
