// LabelsBuilder: the labels of the entry that is on its way through a pipeline. One builder per stream; `reset`
// starts the next entry. Three categories, in order of precedence: parsed hides structured metadata, which hides
// stream labels. A name lives in at most one of them.
import { emptyLabels, type LabelPair, type Labels } from '../../model/labels.ts';
import type { EntryLabels } from '../pipeline.ts';
import { LabelColumns } from './label-columns.ts';

export type LabelCategory = 'stream' | 'structuredMetadata' | 'parsed';

/** Label names of pipeline errors; they always count as parsed labels. */
export const errorLabel = '__error__';
export const errorDetailsLabel = '__error_details__';
/** Marks an error that the query asked for by name, so that a metric query does not fail on it. */
export const preserveErrorLabel = '__preserve_error__';
/** Appended to a name that clashes with a label of a lower category. */
export const extractedSuffix = '_extracted';

/** Results kept per builder, and characters of their keys; beyond either the cache starts over. */
const resultCacheEntriesMax = 4096;
const resultCacheCharsMax = 2 * 1024 * 1024;
/** Misses in a row after which the cache is left alone, and for how many entries. */
const lookupsTried = 512;
const lookupsSkipped = 8192;

export class LabelsBuilder {
  /** The stream's own labels. */
  readonly base: Labels;
  readonly #baseIndex = new Map<string, number>();
  /** Value of base label i now: its own, an override, or undefined when deleted or hidden. */
  readonly #baseValues: (string | undefined)[];
  #baseChanged = false;
  /** Stream labels that are not in the base (from label_format). */
  readonly #stream = new LabelColumns();
  readonly #metadata = new LabelColumns();
  readonly #parsed = new LabelColumns();
  #error = '';
  #errorDetails = '';
  /** What `reset` was given; while nothing has changed since, the result is looked up by it. */
  #inputMetadata: Labels = emptyLabels;
  #inputLevelName = '';
  #touched = false;

  readonly #results = new Map<string, EntryLabels>();
  #resultsChars = 0;
  /** Results of untouched entries without metadata, by level name. */
  readonly #plainResults = new Map<string, EntryLabels>();
  readonly #streamKey: string;
  #lookupsLeft = lookupsTried;

  constructor(base: Labels) {
    this.base = base;
    this.#baseValues = base.map(([, value]) => value);
    base.forEach(([name], i) => {
      this.#baseIndex.set(name, i);
    });
    this.#streamKey = keyOf('s', base);
  }

  /**
   * Starts an entry. `levelName` is the value of `detected_level`, '' for none. A metadata name that clashes with
   * a stream label gets the suffix `_extracted`.
   */
  reset(structuredMetadata: Labels, levelName: string): void {
    if (this.#baseChanged) {
      for (let i = 0; i < this.base.length; i++) this.#baseValues[i] = this.base[i]?.[1];
      this.#baseChanged = false;
    }
    this.#stream.clear();
    this.#metadata.clear();
    this.#parsed.clear();
    this.#error = '';
    this.#errorDetails = '';
    this.#inputMetadata = structuredMetadata;
    this.#inputLevelName = levelName;
    for (const [name, value] of structuredMetadata) this.#addMetadata(name, value);
    if (levelName !== '') this.#addMetadata('detected_level', levelName);
    this.#touched = false;
  }

  #addMetadata(name: string, value: string): void {
    if (name === errorLabel) this.#error = value;
    else if (name === errorDetailsLabel) this.#errorDetails = value;
    else this.#metadata.set(this.#baseIndex.has(name) ? name + extractedSuffix : name, value);
  }

  /** The value of a label of any category, or undefined. Errors are not labels here: see `error`. */
  get(name: string): string | undefined {
    return (
      this.#parsed.get(name) ?? this.#metadata.get(name) ?? this.#stream.get(name) ?? this.#baseValue(name)
    );
  }

  /**
   * What a label filter sees: `__error__` is the pipeline's error, all else a label; '' for what is not there.
   * Error details cannot be filtered on, as in Loki.
   */
  value(name: string): string {
    if (name === errorLabel) return this.#error;
    return this.get(name) ?? '';
  }

  /** What a template sees: errors are labels like others, and hide a field of their name. */
  withErrors(name: string): string | undefined {
    if (name === errorLabel && this.#error !== '') return this.#error;
    if (name === errorDetailsLabel && this.#errorDetails !== '') return this.#errorDetails;
    return this.get(name);
  }

  /** True when the stream itself has this label, even if a stage deleted it. */
  baseHas(name: string): boolean {
    return this.#baseIndex.has(name);
  }

  /** True when a parsed field of this name needs the suffix: the stream or the entry's metadata has the name. */
  clashes(name: string): boolean {
    return this.#baseIndex.has(name) || this.#metadata.indexOf(name) >= 0;
  }

  /**
   * Sets a label. A parsed label replaces one of the same name in the other categories; metadata gives way to
   * parsed; a stream label gives way to both.
   */
  set(category: LabelCategory, name: string, value: string): void {
    this.#touched = true;
    if (category === 'parsed') {
      this.#metadata.delete(name);
      this.#hideStream(name);
      this.#parsed.set(name, value);
    } else if (category === 'structuredMetadata') {
      this.#hideStream(name);
      if (this.#parsed.indexOf(name) < 0) this.#metadata.set(name, value);
    } else if (this.#parsed.indexOf(name) < 0 && this.#metadata.indexOf(name) < 0) {
      const i = this.#baseIndex.get(name);
      if (i === undefined) this.#stream.set(name, value);
      else {
        this.#baseValues[i] = value;
        this.#baseChanged = true;
      }
    }
  }

  /** Deletes a label from every category. Errors have their own `resetError`. */
  delete(name: string): void {
    this.#touched = true;
    this.#parsed.delete(name);
    this.#metadata.delete(name);
    this.#hideStream(name);
  }

  #hideStream(name: string): void {
    this.#stream.delete(name);
    const i = this.#baseIndex.get(name);
    if (i === undefined) return;
    this.#baseValues[i] = undefined;
    this.#baseChanged = true;
  }

  #baseValue(name: string): string | undefined {
    const i = this.#baseIndex.get(name);
    return i === undefined ? undefined : this.#baseValues[i];
  }

  /** Value of `__error__`, '' when there is none. */
  get error(): string {
    return this.#error;
  }
  get errorDetails(): string {
    return this.#errorDetails;
  }
  setError(error: string, details = ''): void {
    this.#touched = true;
    this.#error = error;
    this.#errorDetails = details;
  }
  resetError(): void {
    this.#touched = true;
    this.#error = '';
  }
  resetErrorDetails(): void {
    this.#touched = true;
    this.#errorDetails = '';
  }

  /** Calls `visit` for every label, errors included; no order is promised. Do not change labels meanwhile. */
  forEach(visit: LabelVisitor): void {
    for (let i = 0; i < this.base.length; i++) {
      const value = this.#baseValues[i];
      if (value !== undefined) visit((this.base[i] as LabelPair)[0], value, 'stream');
    }
    visitColumns(this.#stream, 'stream', visit);
    visitColumns(this.#metadata, 'structuredMetadata', visit);
    const { names, values, count } = this.#parsed;
    for (let i = 0; i < count; i++) {
      const name = names[i] as string;
      const replaced =
        (name === errorLabel && this.#error !== '') ||
        (name === errorDetailsLabel && this.#errorDetails !== '');
      if (!replaced) visit(name, values[i] as string, 'parsed');
    }
    if (this.#error !== '') visit(errorLabel, this.#error, 'parsed');
    if (this.#errorDetails !== '') visit(errorDetailsLabel, this.#errorDetails, 'parsed');
  }

  /** All labels, errors included, as a new map. */
  toMap(): Map<string, string> {
    const map = new Map<string, string>();
    this.forEach((name, value) => {
      map.set(name, value);
    });
    return map;
  }

  /** The labels the entry leaves with. Equal labels of one builder usually are the same object. */
  result(): EntryLabels {
    if (!this.#touched && this.#inputMetadata.length === 0) {
      let plain = this.#plainResults.get(this.#inputLevelName);
      if (plain === undefined) {
        plain = this.#build(`${this.#streamKey}m${this.#metadata.key()}p`);
        this.#plainResults.set(this.#inputLevelName, plain);
      }
      return plain;
    }
    const metadataKey = this.#metadata.key();
    this.#errorsIntoParsed();
    const key = `${this.#currentStreamKey()}m${metadataKey}p${this.#parsed.key()}`;
    if (this.#lookupsLeft <= 0) {
      // Nearly every entry has labels of its own: looking for equal ones is a waste. Try again after a while.
      if (--this.#lookupsLeft < -lookupsSkipped) this.#lookupsLeft = lookupsTried;
      return this.#build(key);
    }
    let result = this.#results.get(key);
    if (result !== undefined) {
      this.#lookupsLeft = lookupsTried;
      return result;
    }
    this.#lookupsLeft--;
    result = this.#build(key);
    this.#keep(key, result);
    return result;
  }

  #keep(key: string, result: EntryLabels): void {
    if (
      this.#results.size >= resultCacheEntriesMax ||
      this.#resultsChars + key.length > resultCacheCharsMax
    ) {
      this.#results.clear();
      this.#resultsChars = 0;
    }
    this.#results.set(key, result);
    this.#resultsChars += key.length;
  }

  /** Errors leave as parsed labels. */
  #errorsIntoParsed(): void {
    if (this.#error !== '') this.#parsed.set(errorLabel, this.#error);
    if (this.#errorDetails !== '') this.#parsed.set(errorDetailsLabel, this.#errorDetails);
  }

  #currentStreamKey(): string {
    if (!this.#baseChanged && this.#stream.count === 0) return this.#streamKey;
    return keyOf('s', this.#currentStream());
  }

  #currentStream(): Labels {
    if (!this.#baseChanged && this.#stream.count === 0) return this.base;
    const labels: LabelPair[] = [];
    for (let i = 0; i < this.base.length; i++) {
      const value = this.#baseValues[i];
      if (value !== undefined) labels.push([(this.base[i] as LabelPair)[0], value]);
    }
    labels.push(...this.#stream.toLabels());
    return labels.sort(byName);
  }

  #build(key: string): EntryLabels {
    return {
      stream: this.#currentStream(),
      structuredMetadata: this.#metadata.toLabels(),
      parsed: this.#parsed.toLabels(),
      key,
    };
  }
}

type LabelVisitor = (name: string, value: string, category: LabelCategory) => void;

function visitColumns(
  { names, values, count }: LabelColumns,
  category: LabelCategory,
  visit: LabelVisitor,
): void {
  for (let i = 0; i < count; i++) visit(names[i] as string, values[i] as string, category);
}

const byName = (a: LabelPair, b: LabelPair): number => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);

function keyOf(mark: string, labels: Labels): string {
  let key = mark;
  for (const [name, value] of labels) key += `${name.length}:${name}${value.length}:${value}`;
  return key;
}
