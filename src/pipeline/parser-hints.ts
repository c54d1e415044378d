// Parser hints: what a query needs of the parsers, so that they can extract less and stop early. They are visible in
// answers: a metric query does not fail on a broken line that nobody needed to parse.
import type { LabelFilter } from '../logql/ast.ts';
import type { Stage } from '../logql/stages.ts';
import { LabelColumns } from './labels/label-columns.ts';
import { errorLabel, extractedSuffix } from './labels/labels-builder.ts';
import type { PipelineEntry } from './stage.ts';

/** The unchanging part, made once per query. */
export interface HintRules {
  /** No label is needed at all: parsers do nothing. */
  readonly noLabels: boolean;
  /** The labels the query reads; empty means all of them. */
  readonly required: readonly string[];
  /** The query reads `__error__` by name, so errors become part of the series instead of failing it. */
  readonly preserveError: boolean;
  /** Label filters on one label: a line is dropped as soon as that label is extracted and fails. */
  readonly filters: ReadonlyMap<string, readonly ((entry: PipelineEntry) => boolean)[]>;
}

export const noHints: HintRules = { noLabels: false, required: [], preserveError: false, filters: new Map() };

/**
 * Labels whose filters may drop a line in a walk before the full parser; none when one of them may come from a field
 * of another name: an error its filter sets, in its turn, makes filters of addresses after it pass.
 */
export function filtersBeforeParser({ filters }: HintRules): readonly string[] {
  const names = [...filters.keys()];
  return names.some((name) => name.endsWith(extractedSuffix)) ? [] : names;
}

/** The state for one stream, reset per entry. */
export class ParserHints {
  readonly rules: HintRules;
  readonly #required: ReadonlySet<string>;
  readonly #sortedRequired: readonly string[];
  /** Names already extracted, as the names of columns. */
  readonly #extracted = new LabelColumns();
  #requiredLeft: number;

  constructor(rules: HintRules) {
    this.rules = rules;
    this.#required = new Set(rules.required);
    this.#sortedRequired = [...this.#required].sort();
    this.#requiredLeft = this.#required.size;
  }

  reset(): void {
    this.#extracted.clear();
    this.#requiredLeft = this.#required.size;
  }

  /** True when a parser has nothing left to do. */
  get done(): boolean {
    return this.rules.noLabels || this.allExtracted;
  }

  get allExtracted(): boolean {
    return this.#requiredLeft === 0 && this.#required.size > 0;
  }

  wants(name: string): boolean {
    if (this.#required.size > 0 && !this.#required.has(name)) return false;
    return !this.extracted(name);
  }

  /** False: nothing below this prefix (of an object's fields) is required. */
  wantsPrefix(prefix: string): boolean {
    if (this.#required.size === 0) return true;
    // The first name that is not before the prefix begins with it, if any does.
    let low = 0;
    let high = this.#sortedRequired.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sortedRequired[middle] as string) < prefix) low = middle + 1;
      else high = middle;
    }
    return this.#sortedRequired[low]?.startsWith(prefix) ?? false;
  }

  extracted(name: string): boolean {
    return this.#extracted.indexOf(name) >= 0;
  }

  /** Notes that a parser has set this label. */
  record(name: string): void {
    if (this.extracted(name)) return;
    this.#extracted.set(name, '');
    if (this.#required.has(name)) this.#requiredLeft--;
  }
}

/** What a sample pipeline knows of the labels its series need. */
export interface SeriesNeeds {
  readonly grouping: { readonly without: boolean; readonly labels: readonly string[] };
  /** The series has no labels (`by ()`, absent_over_time). */
  readonly noLabels: boolean;
  /** The unwrapped label, or ''. */
  readonly unwrapLabel: string;
  /** Names that stages and post filters read. */
  readonly stageLabels: readonly string[];
}

/** Hints of a metric query. */
export function sampleHints(needs: SeriesNeeds, filters: HintRules['filters']): HintRules {
  const { grouping, noLabels, unwrapLabel, stageLabels } = needs;
  const required = new Set<string>();
  for (const name of [...stageLabels, ...grouping.labels, unwrapLabel]) {
    if (name === '') continue;
    required.add(name);
    // A parsed label that clashes with a stream label is asked for with its suffix, but found without it.
    if (name.endsWith(extractedSuffix)) required.add(name.slice(0, -extractedSuffix.length));
  }
  const preserveError = required.has(errorLabel);
  if (noLabels) {
    return required.size === 0
      ? { noLabels: true, required: [], preserveError: false, filters: new Map() }
      : { noLabels: false, required: [...required], preserveError, filters: new Map() };
  }
  // Without a `by` list anything may become part of the series.
  if (grouping.without || grouping.labels.length === 0) return { ...noHints, filters };
  return { noLabels: false, required: [...required], preserveError, filters };
}

/** Names of labels a label filter reads. */
export function filterLabels(filter: LabelFilter, names: string[] = []): readonly string[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      filterLabels(filter.left, names);
      return filterLabels(filter.right, names);
    case 'string':
      names.push(filter.matcher.name);
      return names;
    case 'number':
    case 'duration':
    case 'bytes':
    case 'ip':
      names.push(filter.name);
      return names;
  }
}

/** Label filter stages that hint at one label each, with the label: no `and`, no `or`. */
export function hintingFilters(stages: readonly Stage[]): readonly (readonly [label: string, LabelFilter])[] {
  return stages.flatMap((stage) => {
    if (stage.kind !== 'labelFilter') return [];
    const [label, second] = filterLabels(stage.filter);
    return label === undefined || second !== undefined ? [] : [[label, stage.filter]];
  });
}
