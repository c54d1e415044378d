// What fields are in the lines of a log answer. Runs in a query worker.

import type { Labels } from '../../model/labels.ts';
import type { DetectedField } from '../../store/scan-results.ts';
import { fieldTypeOf } from './field-type.ts';
import { parseLineFields } from './line-fields.ts';

/** What a worker is given. */
export interface FieldSample {
  /** `data.result` of a log query with categorised labels. */
  readonly resultJson: Uint8Array;
  /** Parser stages of the query, for labels that only it extracts. */
  readonly queryParsers: readonly string[];
  /** Fields kept: those of the newest lines. */
  readonly fieldsMax: number;
}

/** Fields by name. */
export function detectFields(sample: FieldSample): DetectedField[] {
  const table = new FieldTable(sample.fieldsMax);
  visitFields(sample, (field) => table.add(field));
  return table.fields();
}

/** Distinct values of one field, newest first, at most `valuesMax`. */
export function detectedValues(sample: FieldSample, name: string, valuesMax: number): string[] {
  const values = new Set<string>();
  visitFields(sample, (field) => {
    if (field.name === name && values.size < valuesMax) values.add(field.value);
  });
  return [...values];
}

interface FoundField {
  readonly name: string;
  readonly value: string;
  readonly parsers: readonly string[];
  readonly jsonPath: readonly string[] | undefined;
  readonly entry: SampledEntry;
}

interface CategorizedStream {
  readonly stream: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [timestamp: string, line: string, labels: EntryFields])[];
}
interface EntryFields {
  readonly structuredMetadata?: Readonly<Record<string, string>>;
  readonly parsed?: Readonly<Record<string, string>>;
}

const noParsers: readonly string[] = [];
const byParser = { json: ['json'], logfmt: ['logfmt'] } as const;
const pipelineErrors: ReadonlySet<string> = new Set(['__error__', '__error_details__', '__preserve_error__']);

function visitFields({ resultJson, queryParsers }: FieldSample, visit: (field: FoundField) => void): void {
  const streams = JSON.parse(Buffer.from(resultJson).toString()) as readonly CategorizedStream[];
  for (const entry of newestFirst(streams)) {
    const { stream } = entry;
    const [, line, { structuredMetadata = {}, parsed = {} }] = entry.values;
    for (const [name, value] of pairsOf(structuredMetadata)) {
      visit({ name, value, parsers: noParsers, jsonPath: undefined, entry });
    }
    const { parser, fields } = parseLineFields(line);
    const found = new Set<string>();
    for (const { name: field, value, jsonPath } of fields) {
      if (pipelineErrors.has(field)) continue;
      // An index label keeps its name, as in a pipeline.
      const name = Object.hasOwn(stream, field) ? `${field}_extracted` : field;
      found.add(name);
      visit({ name, value, parsers: byParser[parser], jsonPath, entry });
    }
    for (const [name, value] of pairsOf(parsed)) {
      if (found.has(name) || pipelineErrors.has(name)) continue;
      visit({ name, value, parsers: queryParsers, jsonPath: undefined, entry });
    }
  }
}

interface SampledEntry {
  readonly stream: CategorizedStream['stream'];
  /** Place of the stream in the answer, which is sorted by labels. */
  readonly streamIndex: number;
  readonly values: CategorizedStream['values'][number];
  readonly timestampNs: bigint;
}

function newestFirst(streams: readonly CategorizedStream[]): SampledEntry[] {
  const entries = streams.flatMap(({ stream, values: all }, streamIndex) =>
    all.map((values) => ({ stream, streamIndex, values, timestampNs: BigInt(values[0]) })),
  );
  return entries.sort((a, b) =>
    a.timestampNs === b.timestampNs ? 0 : a.timestampNs < b.timestampNs ? 1 : -1,
  );
}

const pairsOf = (record: Readonly<Record<string, string>>): Labels => Object.entries(record);

interface FieldState {
  readonly values: Set<string>;
  /** The value that tells the type, as in Loki: of the last stream by labels, of its oldest line, the first. */
  typed: { readonly entry: SampledEntry; readonly value: string };
  readonly parsers: Set<string>;
  jsonPath: readonly string[] | undefined;
}

class FieldTable {
  readonly #fieldsMax: number;
  readonly #states = new Map<string, FieldState>();

  constructor(fieldsMax: number) {
    this.#fieldsMax = fieldsMax;
  }

  add({ name, value, parsers, jsonPath, entry }: FoundField): void {
    let state = this.#states.get(name);
    if (state === undefined) {
      if (this.#states.size >= this.#fieldsMax) return;
      state = { values: new Set(), typed: { entry, value }, parsers: new Set(), jsonPath };
      this.#states.set(name, state);
    }
    for (const parser of parsers) state.parsers.add(parser);
    state.jsonPath ??= jsonPath;
    state.values.add(value);
    const { typed } = state;
    if (entry !== typed.entry && entry.streamIndex >= typed.entry.streamIndex) state.typed = { entry, value };
  }

  fields(): DetectedField[] {
    const names = [...this.#states].sort(([a], [b]) => (a < b ? -1 : 1));
    return names.map(([label, { values, typed, parsers, jsonPath }]) => ({
      label,
      type: fieldTypeOf(typed.value),
      cardinality: values.size,
      parsers: [...parsers].sort(),
      jsonPath,
    }));
  }
}
