// A few labels as two columns: setting and finding them allocates nothing. Entries of a stream mostly have the same
// names in the same order, so how they sort is worked out once per such shape.
import { emptyLabels, type LabelPair, type Labels } from '../../model/labels.ts';

/** Shapes remembered per set of columns. */
const shapesMax = 8;
/** Up to this many labels a look at each is quicker than a map; beyond, it would be quadratic. */
const linearMax = 24;

interface Shape {
  /** In the order they were set. */
  readonly names: readonly string[];
  /** Columns in order of names. */
  readonly order: readonly number[];
  /** `length:name` in that order, for keys. */
  readonly keyParts: readonly string[];
}

export class LabelColumns {
  readonly names: string[] = [];
  readonly values: string[] = [];
  /** Labels in use; read only, see `clear`. */
  count = 0;
  readonly #shapes: Shape[] = [];
  #nextShape = 0;
  /** Of the first `#indexed` names; filled only beyond `linearMax`. */
  readonly #index = new Map<string, number>();
  #indexed = 0;

  indexOf(name: string): number {
    if (this.count > linearMax) return this.#lookUp(name);
    for (let i = 0; i < this.count; i++) if (this.names[i] === name) return i;
    return -1;
  }

  get(name: string): string | undefined {
    const i = this.indexOf(name);
    return i < 0 ? undefined : this.values[i];
  }

  clear(): void {
    this.count = 0;
    if (this.#indexed === 0) return;
    this.#index.clear();
    this.#indexed = 0;
  }

  #lookUp(name: string): number {
    while (this.#indexed < this.count) this.#index.set(this.names[this.#indexed] as string, this.#indexed++);
    return this.#index.get(name) ?? -1;
  }

  set(name: string, value: string): void {
    const i = this.indexOf(name);
    if (i >= 0) this.values[i] = value;
    else {
      this.names[this.count] = name;
      this.values[this.count++] = value;
    }
  }

  delete(name: string): void {
    const i = this.indexOf(name);
    if (i < 0) return;
    // The last one takes its place: of many labels, many may be deleted.
    const last = this.count - 1;
    const moved = this.names[last] as string;
    this.names[i] = moved;
    this.values[i] = this.values[last] as string;
    this.count = last;
    if (this.#indexed === 0) return;
    this.#index.delete(name);
    if (i < last && i < this.#indexed) this.#index.set(moved, i);
    this.#indexed = Math.min(this.#indexed, last);
  }

  /** As sorted labels. */
  toLabels(): Labels {
    if (this.count === 0) return emptyLabels;
    const labels: LabelPair[] = [];
    for (const i of this.#shape().order) labels.push([this.names[i] as string, this.values[i] as string]);
    return labels;
  }

  /** Injective text of the sorted labels. */
  key(): string {
    if (this.count === 0) return '';
    const { order, keyParts } = this.#shape();
    let key = '';
    for (let k = 0; k < order.length; k++) {
      const value = this.values[order[k] as number] as string;
      key += `${keyParts[k]}${value.length}:${value}`;
    }
    return key;
  }

  #shape(): Shape {
    const shapes = this.#shapes;
    for (let s = 0; s < shapes.length; s++) {
      const shape = shapes[s] as Shape;
      if (this.#hasShape(shape)) return shape;
    }
    const names = this.names.slice(0, this.count);
    const order = names
      .map((_, i) => i)
      .sort((a, b) => ((names[a] as string) < (names[b] as string) ? -1 : 1));
    const keyParts = order.map((i) => `${(names[i] as string).length}:${names[i]}`);
    const shape = { names, order, keyParts };
    shapes[this.#nextShape] = shape;
    this.#nextShape = (this.#nextShape + 1) % shapesMax;
    return shape;
  }

  #hasShape({ names }: Shape): boolean {
    if (names.length !== this.count) return false;
    for (let i = 0; i < names.length; i++) if (names[i] !== this.names[i]) return false;
    return true;
  }
}
