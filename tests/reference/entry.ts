// One log entry on its way through the stages, as the reference evaluator sees it. Nothing is shared, reused or cached.

/** An entry as it was pushed. */
export interface PushedEntry {
  readonly ns: bigint;
  readonly line: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** `detected_level`, '' for none. */
  readonly level: string;
}

export type Category = 'stream' | 'metadata' | 'parsed';

/** What a query needs of its parsers: Loki's parsers leave out what nobody needs, and that shows in answers. */
export interface Needs {
  /** Nobody reads a label: parsers do nothing. */
  readonly nothing: boolean;
  /** The labels somebody reads; empty: all. */
  readonly names: ReadonlySet<string>;
  /** `__error__` is read by name: an error is a label like any other. */
  readonly errors: boolean;
  /** A filter on the label that has just been found may drop the entry while the parser is still at it. */
  readonly keeps: (name: string, entry: Entry) => boolean;
}

export const needsEverything: Needs = { nothing: false, names: new Set(), errors: false, keeps: () => true };

/** Thrown by a parser when a later label filter fails on what has just been found. */
export class Dropped extends Error {}
/** Thrown by a parser when all that somebody reads has been found. */
export class FoundAll extends Error {}

export class Entry {
  readonly ns: bigint;
  line: string;
  error = '';
  details = '';
  readonly needs: Needs;
  /** Names of the stream, whatever stages do to them. */
  readonly #base: ReadonlySet<string>;
  readonly #labels = new Map<string, { value: string; category: Category }>();
  readonly #found = new Set<string>();

  constructor(stream: Readonly<Record<string, string>>, pushed: PushedEntry, needs: Needs) {
    this.ns = pushed.ns;
    this.line = pushed.line;
    this.needs = needs;
    this.#base = new Set(Object.keys(stream));
    for (const [name, value] of Object.entries(stream)) this.#labels.set(name, { value, category: 'stream' });
    const level: [string, string][] = pushed.level === '' ? [] : [['detected_level', pushed.level]];
    for (const [name, value] of [...Object.entries(pushed.metadata), ...level]) {
      const own = this.#base.has(name) ? `${name}_extracted` : name;
      this.#labels.set(own, { value, category: 'metadata' });
    }
  }

  get(name: string): string | undefined {
    return this.#labels.get(name)?.value;
  }

  /** What a label filter reads. */
  filtered(name: string): string {
    return name === '__error__' ? this.error : (this.get(name) ?? '');
  }

  set(name: string, value: string): void {
    this.#labels.delete(name);
    this.#labels.set(name, { value, category: 'parsed' });
  }

  delete(name: string): void {
    this.#labels.delete(name);
  }

  setError(error: string, details: string): void {
    this.error = error;
    if (details !== '') this.details = details;
  }

  setParserError(error: string, details: string): void {
    this.setError(error, details);
    if (this.needs.errors) this.set('__preserve_error__', 'true');
  }

  /** The name under which a parsed field is kept: one of the stream or the metadata keeps its own. */
  ownName(field: string): string {
    const there = this.#labels.get(field);
    return this.#base.has(field) || there?.category === 'metadata' ? `${field}_extracted` : field;
  }

  /** The parsers need not look at the line. */
  get parsed(): boolean {
    return this.needs.nothing || this.#foundAll;
  }

  get #foundAll(): boolean {
    const { names } = this.needs;
    return names.size > 0 && [...names].every((name) => this.#found.has(name));
  }

  note(name: string): void {
    this.#found.add(name);
  }

  wants(name: string): boolean {
    const { names } = this.needs;
    return (names.size === 0 || names.has(name)) && !this.#found.has(name);
  }

  /** A parsed field: the first of a name counts. Throws Dropped. */
  field(field: string, value: string): void {
    const name = this.ownName(field);
    if (!this.wants(name)) return;
    this.set(name, value);
    this.note(name);
    if (!this.needs.keeps(name, this)) throw new Dropped();
  }

  /** Throws FoundAll when a walk over the line may end. */
  endWhenFound(): void {
    if (this.#foundAll) throw new FoundAll();
  }

  labels(category?: Category): Record<string, string> {
    const rows = [...this.#labels].filter(
      ([, label]) => category === undefined || label.category === category,
    );
    const record = Object.fromEntries(rows.map(([name, { value }]) => [name, value]));
    if (category === undefined || category === 'parsed') {
      if (this.error !== '') record.__error__ = this.error;
      if (this.details !== '') record.__error_details__ = this.details;
    }
    return record;
  }
}
