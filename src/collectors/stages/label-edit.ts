// Labels that stages may change: a copy is made by the first change only.

import { type LabelPair, type Labels, labelValue } from '../../model/labels.ts';

export class LabelEdit {
  readonly #before: Labels;
  /** Sorted by name. Few: a list is cheaper than a map. Empty values go at the end. */
  #now: LabelPair[] | undefined;

  constructor(before: Labels) {
    this.#before = before;
  }

  get(name: string): string | undefined {
    return labelValue(this.#now ?? this.#before, name);
  }

  set(name: string, value: string): void {
    this.#now ??= [...this.#before];
    const at = this.#now.findIndex(([there]) => there >= name);
    if (at < 0) this.#now.push([name, value]);
    else this.#now.splice(at, this.#now[at]?.[0] === name ? 1 : 0, [name, value]);
  }

  delete(name: string): void {
    if (this.get(name) !== undefined)
      this.#now = (this.#now ?? this.#before).filter(([there]) => there !== name);
  }

  /** The same object as before when nothing was changed. */
  result(): Labels {
    return this.#now ? this.#now.filter(([, value]) => value !== '') : this.#before;
  }
}
