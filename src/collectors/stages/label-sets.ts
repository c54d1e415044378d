// Label sets that stages have made: equal ones become one object, so that whoever takes entries need not compare them.

import { LRUCache } from 'lru-cache';
import { emptyLabels, type Labels, labelsKey } from '../../model/labels.ts';
import { ownText } from '../../model/own-text.ts';

/** Kept at a time. */
const labelSetsMax = 2_000;

export class LabelSets {
  readonly #sets = new LRUCache<string, Labels>({ max: labelSetsMax });
  #last: Labels = emptyLabels;

  /** The first of those equal to `made`. */
  same(made: Labels): Labels {
    if (areEqual(made, this.#last)) return this.#last;
    const key = labelsKey(made);
    let labels = this.#sets.get(key);
    if (!labels) {
      labels = made.map(([name, value]) => [name, ownText(value)]);
      this.#sets.set(key, labels);
    }
    this.#last = labels;
    return labels;
  }
}

function areEqual(a: Labels, b: Labels): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i]?.[1] !== b[i]?.[1] || a[i]?.[0] !== b[i]?.[0]) return false;
  return true;
}
