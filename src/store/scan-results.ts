// What scans find, as it is answered.

export interface IndexStats {
  readonly streams: number;
  readonly chunks: number;
  readonly bytes: number;
  readonly entries: number;
}

/** A field found in the newest lines of a log query. */
export interface DetectedField {
  readonly label: string;
  readonly type: FieldType;
  /** Distinct values among the lines looked at. */
  readonly cardinality: number;
  /** Parsers that give the field, sorted; empty for structured metadata. */
  readonly parsers: readonly string[];
  /** Keys to a JSON field from its document's root. */
  readonly jsonPath: readonly string[] | undefined;
}
export type FieldType = 'int' | 'float' | 'boolean' | 'duration' | 'bytes' | 'string';

/** Lines of one shape and level. `pattern` as a `|>` filter matches each of them. */
export interface PatternRow {
  readonly pattern: string;
  readonly level: string;
  /** Start of the step in Unix seconds and number of lines, ascending. Estimated where a range is too large to read. */
  readonly samples: readonly (readonly [seconds: number, lines: number])[];
}
