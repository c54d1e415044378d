// A few values by name, as lists. What stands in the line as it was read stays a place there until somebody asks for its
// text: most values go to the store as the bytes they are.

/** With more a map is cheaper than lists. */
export const listedMax = 16;

export class PlacedValues {
  count = 0;
  readonly names: string[] = [];
  /** Undefined: the value is a place. */
  readonly values: (string | undefined)[] = [];
  /** Places; -1 for a value that is none. */
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  /** What places are in. */
  text = '';

  clear(text: string): void {
    this.count = 0;
    this.text = text;
  }

  /** In the place of what stands there. `value` undefined: it stands in the text, from `start` to before `end`. */
  put(at: number, name: string, value: string | undefined, start = -1, end = -1): void {
    this.names[at] = name;
    this.values[at] = value;
    this.starts[at] = start;
    this.ends[at] = end;
  }

  /** Makes room for one more at `at`. */
  insertAt(at: number): void {
    for (let to = this.count; to > at; to--) {
      const from = to - 1;
      this.put(to, this.names[from] as string, this.values[from], this.starts[from], this.ends[from]);
    }
    this.count++;
  }

  /** -1: there is none. */
  find(name: string): number {
    for (let at = 0; at < this.count; at++) if (this.names[at] === name) return at;
    return -1;
  }

  valueAt(at: number): string {
    return this.values[at] ?? this.text.slice(this.starts[at], this.ends[at]);
  }

  toMap(): Map<string, string> {
    const map = new Map<string, string>();
    for (let at = 0; at < this.count; at++) map.set(this.names[at] as string, this.valueAt(at));
    return map;
  }
}
