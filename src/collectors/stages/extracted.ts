// The values that stages have taken out of an entry, by name, for those after them.

/** Up to this many a list is cheaper than a map. */
const listedMax = 16;

export class Extracted {
  #count = 0;
  readonly #names: string[] = [];
  readonly #values: string[] = [];
  #map: Map<string, string> | undefined;

  /** Starts over, with none. */
  clear(): void {
    this.#count = 0;
    this.#map = undefined;
  }

  get(name: string): string | undefined {
    if (this.#map) return this.#map.get(name);
    const at = this.#find(name);
    return at < 0 ? undefined : this.#values[at];
  }

  /** In the place of a value of that name, or after all. */
  set(name: string, value: string): void {
    if (!this.#map) {
      const found = this.#find(name);
      const at = found < 0 ? this.#count : found;
      if (at < listedMax) {
        this.#names[at] = name;
        this.#values[at] = value;
        this.#count = Math.max(this.#count, at + 1);
        return;
      }
      this.#map = new Map(this.entries());
    }
    this.#map.set(name, value);
  }

  /** In the order in which the names came. */
  entries(): Iterable<readonly [name: string, value: string]> {
    if (this.#map) return this.#map;
    return Array.from({ length: this.#count }, (_, i) => [
      this.#names[i] as string,
      this.#values[i] as string,
    ]);
  }

  #find(name: string): number {
    for (let at = 0; at < this.#count; at++) if (this.#names[at] === name) return at;
    return -1;
  }
}
