// A mapping of somebody's Promtail file, read key by key. What nobody has asked for is reported in the end, so that no
// setting is lost in silence.

export interface Remark {
  /** "left out": it did something that is now missing. "differs": it is there, a little otherwise. */
  readonly kind: 'left out' | 'differs' | 'not needed';
  /** As in `scrape_configs[2].pipeline_stages[0].template`. */
  readonly path: string;
  readonly reason: string;
}

type Values = Readonly<Record<string, unknown>>;

const isMapping = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textOf = (value: unknown): string | undefined =>
  ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined;

export class PromtailSection {
  readonly path: string;
  readonly #values: Values;
  readonly #remarks: Remark[];
  readonly #taken = new Set<string>();

  constructor(values: Values, path: string, remarks: Remark[]) {
    this.#values = values;
    this.path = path;
    this.#remarks = remarks;
  }

  /** Keys that have a value, in the order written. */
  get keys(): readonly string[] {
    return Object.keys(this.#values);
  }

  /** A text, number or truth value as text; undefined when it is not there or null. */
  text(key: string): string | undefined {
    const value = this.#take(key);
    const text = textOf(value);
    if (text === undefined && value !== undefined) this.#remark('left out', key, 'expected one value');
    return text;
  }

  /** Whatever stands there. */
  value(key: string): unknown {
    return this.#take(key);
  }

  /** Texts of a list, or the one text that stands there. */
  texts(key: string): readonly string[] {
    const value = this.#take(key) ?? [];
    const texts = (Array.isArray(value) ? value : [value]).map(textOf);
    if (texts.every((text) => text !== undefined)) return texts;
    this.#remark('left out', key, 'expected a list of texts');
    return [];
  }

  section(key: string): PromtailSection | undefined {
    const value = this.#take(key);
    if (value === undefined) return undefined;
    if (isMapping(value)) return new PromtailSection(value, this.#at(key), this.#remarks);
    this.#remark('left out', key, 'expected a mapping');
    return undefined;
  }

  sections(key: string): readonly PromtailSection[] {
    const value = this.#take(key) ?? [];
    if (!Array.isArray(value)) this.#remark('left out', key, 'expected a list');
    return (Array.isArray(value) ? value : []).flatMap((item: unknown, index) => {
      const path = `${this.#at(key)}[${index}]`;
      if (isMapping(item)) return [new PromtailSection(item, path, this.#remarks)];
      this.#remarks.push({ kind: 'left out', path, reason: 'expected a mapping' });
      return [];
    });
  }

  /** Name → text; a name with nothing behind it has an empty text. */
  mapping(key: string): Readonly<Record<string, string>> {
    const value = this.#take(key) ?? {};
    if (!isMapping(value)) {
      this.#remark('left out', key, 'expected a mapping of texts');
      return {};
    }
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, item]) => {
        const text = item === null ? '' : textOf(item);
        if (text !== undefined) return [[name, text] as const];
        this.#remark('left out', `${key}.${name}`, 'expected a text');
        return [];
      }),
    );
  }

  leftOut(key: string, reason: string): void {
    this.#remark('left out', key, reason);
  }

  /** Only when the key is there. */
  leftOutIfThere(key: string, reason: string): void {
    if (this.#take(key) !== undefined) this.#remark('left out', key, reason);
  }

  differs(key: string, reason: string): void {
    this.#remark('differs', key, reason);
  }

  notNeeded(key: string, reason: string): void {
    if (this.#take(key) !== undefined) this.#remark('not needed', key, reason);
  }

  /** The rest of the keys: unknown here. */
  end(reason = 'there is no such setting'): void {
    for (const key of this.keys) this.leftOutIfThere(key, reason);
  }

  #take(key: string): unknown {
    if (this.#taken.has(key)) return undefined;
    const value = Object.hasOwn(this.#values, key) ? this.#values[key] : undefined;
    this.#taken.add(key);
    return value ?? undefined;
  }

  #at(key: string): string {
    return this.path === '' || key === '' ? `${this.path}${key}` : `${this.path}.${key}`;
  }

  #remark(kind: Remark['kind'], key: string, reason: string): void {
    this.#remarks.push({ kind, path: this.#at(key), reason });
  }
}
