// Labels that stages may change: a copy is made by the first change only.

import { emptyLabels, type LabelPair, type Labels, labelsFromPairs, labelValue } from '../../model/labels.ts';

/** Up to this many a list is cheaper than a map. */
const listedMax = 16;

export class LabelEdit {
  #before: Labels = emptyLabels;
  /** Sorted by name; empty values go at the end. */
  #list: LabelPair[] | undefined;
  #hasEmpty = false;
  #map: Map<string, string> | undefined;

  /** Begins with these. */
  begin(labels: Labels): void {
    this.#before = labels;
    this.#list = undefined;
    this.#hasEmpty = false;
    this.#map = undefined;
  }

  get(name: string): string | undefined {
    return this.#map ? this.#map.get(name) : labelValue(this.#list ?? this.#before, name);
  }

  set(name: string, value: string): void {
    if (!this.#map && (this.#list ?? this.#before).length >= listedMax)
      this.#map = new Map(this.#list ?? this.#before);
    if (this.#map) this.#map.set(name, value);
    else {
      this.#list ??= this.#before.slice();
      if (value === '') this.#hasEmpty = true;
      place(this.#list, name, value);
    }
  }

  delete(name: string): void {
    if (this.get(name) === undefined) return;
    if (this.#map) this.#map.delete(name);
    else this.#list = (this.#list ?? this.#before).filter(([there]) => there !== name);
  }

  /** The same object as before when nothing was changed. */
  result(): Labels {
    if (this.#map) return labelsFromPairs(this.#map);
    if (!this.#list) return this.#before;
    return this.#hasEmpty ? this.#list.filter(([, value]) => value !== '') : this.#list;
  }
}

/** In the place of a pair of that name, or where it belongs. */
function place(sorted: LabelPair[], name: string, value: string): void {
  let at = sorted.length;
  while (at > 0 && (sorted[at - 1] as LabelPair)[0] >= name) at--;
  if (at === sorted.length) sorted.push([name, value]);
  else sorted.splice(at, sorted[at]?.[0] === name ? 1 : 0, [name, value]);
}
