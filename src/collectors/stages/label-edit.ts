// Labels that stages may change: a copy is made by the first change only.

import { type Labels, labelsFromPairs, labelValue } from '../../model/labels.ts';

export class LabelEdit {
  readonly #before: Labels;
  #now: Map<string, string> | undefined;

  constructor(before: Labels) {
    this.#before = before;
  }

  get(name: string): string | undefined {
    return this.#now ? this.#now.get(name) : labelValue(this.#before, name);
  }

  set(name: string, value: string): void {
    this.#now ??= new Map(this.#before);
    this.#now.set(name, value);
  }

  delete(name: string): void {
    if (this.get(name) === undefined) return;
    this.#now ??= new Map(this.#before);
    this.#now.delete(name);
  }

  /** The same object as before when nothing was changed. */
  result(): Labels {
    return this.#now ? labelsFromPairs(this.#now) : this.#before;
  }
}
