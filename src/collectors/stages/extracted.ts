// The values that stages have taken out of an entry, by name, for those after them. What stands in the line as it was read
// stays a place there until somebody asks for its text: most values go to the store as the bytes they are.

/** Up to this many a list is cheaper than a map. */
const listedMax = 16;

export class Extracted {
  #count = 0;
  readonly #names: string[] = [];
  /** Undefined: the value is still a place. */
  readonly #values: (string | undefined)[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  /** What places are in. */
  #text = '';
  #map: Map<string, string> | undefined;

  /** Starts over, with none. `text`: what places are in. */
  clear(text: string): void {
    this.#count = 0;
    this.#text = text;
    this.#map = undefined;
  }

  /** True: places in that text may be set. */
  isOf(text: string): boolean {
    return text !== '' && text === this.#text;
  }

  get(name: string): string | undefined {
    if (this.#map) return this.#map.get(name);
    const at = this.#find(name);
    return at < 0 ? undefined : this.#value(at);
  }

  /** In the place of a value of that name, or after all. */
  set(name: string, value: string): void {
    const at = this.#placeOf(name);
    if (at < 0) {
      this.#asMap().set(name, value);
      return;
    }
    this.#names[at] = name;
    this.#values[at] = value;
    this.#starts[at] = -1;
  }

  /** As `set`, of what stands in the text. */
  setPlace(name: string, start: number, end: number): void {
    const at = this.#placeOf(name);
    if (at < 0) {
      this.#asMap().set(name, this.#text.slice(start, end));
      return;
    }
    this.#names[at] = name;
    this.#values[at] = undefined;
    this.#starts[at] = start;
    this.#ends[at] = end;
  }

  /** Where in the text a value stands, by `startAt` and `endAt`; -1 when it is not there, or is another text. */
  findPlace(name: string): number {
    const at = this.#map ? -1 : this.#find(name);
    return at >= 0 && (this.#starts[at] as number) >= 0 ? at : -1;
  }

  startAt(place: number): number {
    return this.#starts[place] as number;
  }

  endAt(place: number): number {
    return this.#ends[place] as number;
  }

  /** In the order in which they came. */
  names(): readonly string[] {
    return this.#map ? [...this.#map.keys()] : this.#names.slice(0, this.#count);
  }

  #value(at: number): string {
    this.#values[at] ??= this.#text.slice(this.#starts[at], this.#ends[at]);
    return this.#values[at] as string;
  }

  /** -1: there are too many for the list. */
  #placeOf(name: string): number {
    if (this.#map) return -1;
    const found = this.#find(name);
    if (found >= 0) return found;
    return this.#count < listedMax ? this.#count++ : -1;
  }

  #asMap(): Map<string, string> {
    if (!this.#map) {
      this.#map = new Map();
      for (let at = 0; at < this.#count; at++) this.#map.set(this.#names[at] as string, this.#value(at));
    }
    return this.#map;
  }

  #find(name: string): number {
    for (let at = 0; at < this.#count; at++) if (this.#names[at] === name) return at;
    return -1;
  }
}
