// The labels of the series a sample belongs to, with the grouping applied. Few series, many samples: looked up by
// the values that decide, built once.
import {
  emptyLabels,
  type LabelPair,
  type Labels,
  labelsFromPairs,
  labelsKey,
  labelValue,
} from '../../model/labels.ts';
import { ownText } from '../../model/own-text.ts';
import type { SampleOutput } from '../pipeline.ts';
import { errorDetailsLabel, errorLabel, type LabelsBuilder, preserveErrorLabel } from './labels-builder.ts';

export interface SeriesGrouping {
  /** All samples are of one series without labels. */
  readonly noLabels: boolean;
  readonly without: boolean;
  /**
   * Of `by` or `without`, sorted; empty and not `without`: no grouping. A series by labels has those that an entry has,
   * also with an empty value; other series leave empty values out.
   */
  readonly labels: readonly string[];
}

interface SeriesId {
  readonly labels: Labels;
  readonly key: string;
  /** Of a label `__error__`, unless the query asked for it. */
  readonly error: string;
  readonly errorDetails: string;
}

/** Series remembered per stream; beyond it the memory starts over. */
const seriesMax = 4096;
const noLabelsId: SeriesId = { labels: emptyLabels, key: '', error: '', errorDetails: '' };

type Target = { -readonly [K in keyof SampleOutput]: SampleOutput[K] };

/** Writes series labels for the entry that a labels builder holds at the moment. */
export class SeriesLabels {
  readonly #builder: LabelsBuilder;
  readonly #grouping: SeriesGrouping;
  /** `by`: by the values of the group's labels. */
  readonly #byValues = new Map<string, SeriesId>();
  /** Otherwise by the key of the labels that are left. */
  readonly #byLabels = new Map<string, SeriesId>();

  constructor(builder: LabelsBuilder, grouping: SeriesGrouping) {
    this.#builder = builder;
    this.#grouping = grouping;
  }

  /** Sets labels, key and error; the entry's labels are used up. */
  into(output: Target): void {
    const id = this.#id();
    output.labels = id.labels;
    output.key = id.key;
    output.error = id.error;
    output.errorDetails = id.errorDetails;
  }

  #id(): SeriesId {
    const { noLabels, without, labels } = this.#grouping;
    // An entry with an error keeps all its labels, or the error would get lost.
    if (this.#builder.error !== '') return this.#merged();
    if (noLabels) return noLabelsId;
    if (labels.length > 0 && !without) return this.#by(labels);
    for (const name of labels) if (this.#builder.get(name) !== undefined) this.#builder.delete(name);
    return this.#merged();
  }

  #by(names: readonly string[]): SeriesId {
    let key = '';
    if (names.length === 1) {
      const value = this.#builder.get(names[0] as string);
      if (value === undefined) return noLabelsId;
      key = value;
    } else {
      for (let i = 0; i < names.length; i++) {
        const value = this.#builder.get(names[i] as string);
        key += value === undefined ? ';' : `${value.length}:${value}`;
      }
    }
    let id = this.#byValues.get(key);
    if (id === undefined) {
      const pairs = [...new Set(names)].flatMap((name): LabelPair[] => {
        const value = this.#builder.get(name);
        return value === undefined ? [] : [[name, value]];
      });
      id = remember(this.#byValues, key, pairs);
    }
    return id;
  }

  #merged(): SeriesId {
    const { key, stream, structuredMetadata, parsed } = this.#builder.result();
    return (
      this.#byLabels.get(key) ??
      remember(this.#byLabels, key, labelsFromPairs([...stream, ...structuredMetadata, ...parsed]))
    );
  }
}

/** Lives as long as the query does, which the entry's line must not. */
function remember(map: Map<string, SeriesId>, key: string, labels: Labels): SeriesId {
  if (map.size >= seriesMax) map.clear();
  const asked = labelValue(labels, preserveErrorLabel) === 'true';
  const error = asked ? '' : (labelValue(labels, errorLabel) ?? '');
  const errorDetails = error === '' ? '' : (labelValue(labels, errorDetailsLabel) ?? '');
  const own = labels.map(([name, value]): LabelPair => [ownText(name), ownText(value)]);
  const id = { labels: own, key: labelsKey(own), error, errorDetails };
  map.set(ownText(key), id);
  return id;
}
