// Labels that stages may change. What each change leads to is remembered, so that equal changes of equal labels give one
// object, and whoever takes entries need not compare them.

import { emptyLabels, type LabelPair, type Labels, labelValue } from '../../model/labels.ts';
import { ownText } from '../../model/own-text.ts';

/** What is remembered at a time: label sets, each as so many characters, and values. */
const rememberedCharsMax = 2_000_000;
const labelSetChars = 1_000;

/** Labels, and what changes of them have led to. */
class LabelSet {
  /** Sorted by name; empty values are there until the end. */
  readonly pairs: Labels;
  readonly result: Labels;
  #bySet: Map<string, Map<string, LabelSet>> | undefined;
  #byDelete: Map<string, LabelSet> | undefined;

  constructor(pairs: Labels) {
    this.pairs = pairs;
    this.result = pairs.some(([, value]) => value === '') ? pairs.filter(([, value]) => value !== '') : pairs;
  }

  /** Undefined: nobody has asked for it yet. */
  knownWith(name: string, value: string): LabelSet | undefined {
    return this.#bySet?.get(name)?.get(value);
  }

  with(name: string, value: string): LabelSet {
    const own = ownText(value);
    const set = new LabelSet(placed(this.pairs, [name, own]));
    this.#bySet ??= new Map();
    const byValue = this.#bySet.get(name) ?? new Map<string, LabelSet>();
    this.#bySet.set(name, byValue.set(own, set));
    return set;
  }

  knownWithout(name: string): LabelSet | undefined {
    return this.#byDelete?.get(name);
  }

  without(name: string): LabelSet {
    const set = new LabelSet(this.pairs.filter(([there]) => there !== name));
    this.#byDelete ??= new Map();
    this.#byDelete.set(name, set);
    return set;
  }
}

export class LabelEdit {
  #known = new Map<Labels, LabelSet>();
  #rememberedChars = 0;
  #before = new LabelSet(emptyLabels);
  #now = this.#before;

  /** Begins with these. */
  begin(labels: Labels): void {
    if (this.#rememberedChars > rememberedCharsMax) {
      this.#known = new Map();
      this.#rememberedChars = 0;
      this.#before = new LabelSet(emptyLabels);
    }
    if (this.#before.pairs !== labels) this.#before = this.#known.get(labels) ?? this.#remember(labels);
    this.#now = this.#before;
  }

  get(name: string): string | undefined {
    return labelValue(this.#now.pairs, name);
  }

  set(name: string, value: string): void {
    const known = this.#now.knownWith(name, value);
    if (!known) this.#rememberedChars += labelSetChars + value.length;
    this.#now = known ?? this.#now.with(name, value);
  }

  delete(name: string): void {
    if (this.get(name) === undefined) return;
    const known = this.#now.knownWithout(name);
    if (!known) this.#rememberedChars += labelSetChars;
    this.#now = known ?? this.#now.without(name);
  }

  /** The same object as before when nothing was changed, and for equal changes. */
  result(): Labels {
    return this.#now === this.#before ? this.#now.pairs : this.#now.result;
  }

  #remember(labels: Labels): LabelSet {
    const set = new LabelSet(labels);
    this.#rememberedChars += labelSetChars;
    this.#known.set(labels, set);
    return set;
  }
}

/** In the place of a pair of that name, or where it belongs. */
function placed(sorted: Labels, pair: LabelPair): Labels {
  const [name] = pair;
  const at = sorted.findIndex(([there]) => there >= name);
  if (at < 0) return [...sorted, pair];
  return sorted.toSpliced(at, sorted[at]?.[0] === name ? 1 : 0, pair);
}
