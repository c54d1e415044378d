// Stages: what is done with each entry between its source and the store, in the order written. Names and meaning as in
// Promtail's pipeline.

/** New name → where its value is found. */
type Names = Readonly<Record<string, string>>;

export type Stage =
  /** Fields of a JSON line into the extracted values; `a.b` reads into objects. No names: all single values. */
  | { readonly kind: 'json'; readonly fields: Names; readonly source: string }
  | { readonly kind: 'logfmt'; readonly fields: Names; readonly source: string }
  /** Named groups of an RE2 expression into the extracted values. */
  | { readonly kind: 'regex'; readonly expression: string; readonly source: string }
  /** `format`: RFC3339, Unix, UnixMs, UnixUs, UnixNs, or Go's reference layout. `zone`: of times that name none. */
  | { readonly kind: 'timestamp'; readonly source: string; readonly format: string; readonly zone: string }
  | { readonly kind: 'level'; readonly source: string }
  | { readonly kind: 'labels'; readonly labels: Names }
  /** `rest`: also every extracted value that no other stage has used. */
  | { readonly kind: 'structured_metadata'; readonly fields: Names; readonly rest: boolean }
  /** The line becomes an extracted value. */
  | { readonly kind: 'output'; readonly source: string }
  /** Groups of the expression, or all of what it matches, become `replacement`. */
  | {
      readonly kind: 'replace';
      readonly expression: string;
      readonly replacement: string;
      readonly source: string;
    }
  /** Entries that fulfil every condition given go (drop), or all others do (keep). */
  | { readonly kind: 'drop' | 'keep'; readonly when: Conditions }
  | { readonly kind: 'static_labels'; readonly labels: Names }
  | { readonly kind: 'labeldrop'; readonly names: readonly string[] };

export interface Conditions {
  /** An extracted value or label; '': the line. */
  readonly source: string;
  /** RE2, anywhere in the source; undefined: any source that is there. */
  readonly expression: string | undefined;
  /** 0: not asked. */
  readonly longerThanBytes: number;
  /** 0: not asked. */
  readonly olderThanMs: number;
}
