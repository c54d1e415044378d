// The labels of one stream while they are read. What is far beyond the number that a stream may have is counted, since
// the stream is refused with that number, and not kept.
import type { LabelPair } from '../../model/labels.ts';
import type { IngestLimits } from '../limits/limits.ts';

export interface SentLabels {
  /** As sent: in any order, with repeated names and empty values. */
  readonly pairs: readonly LabelPair[];
  /** Further labels with a value; with any, a stream is refused for their number. */
  readonly unkept: number;
}

/** This many above the limit are still named in the answer. */
const namedAboveLimit = 64;

export const labelsKeptMax = ({ maxLabelNamesPerSeries }: IngestLimits): number =>
  maxLabelNamesPerSeries + namedAboveLimit;

/** Labels of which a repeated name has its last value. */
export class LabelMap {
  readonly #values = new Map<string, string>();
  readonly #keptMax: number;
  #unkept = 0;

  constructor(keptMax: number) {
    this.#keptMax = keptMax;
  }

  /** False: there are too many, and this one was counted. */
  set(name: string, value: string): boolean {
    if (value === '') this.#values.delete(name);
    else if (this.#values.size < this.#keptMax || this.#values.has(name)) this.#values.set(name, value);
    else {
      this.#unkept++;
      return false;
    }
    return true;
  }

  /** Sorted by name; with the labels of `over` in the place of those of the same name. */
  sent(over: ReadonlyMap<string, string> = new Map()): SentLabels {
    const pairs = [...new Map([...this.#values, ...over])].sort((a, b) => (a[0] < b[0] ? -1 : 1));
    return { pairs, unkept: this.#unkept };
  }
}
