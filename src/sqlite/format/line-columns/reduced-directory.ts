// A directory that describes the same lines with less in them: what the kernel rebuilds from it needs only the columns
// of what is left.
import { corrupt } from '../column.ts';
import { VarintReader, writeVarint } from '../varint.ts';
import { leavesMax } from './layout.ts';

/** As in the directory; text is of bytes (latin1). */
export interface LineTemplate {
  /** One more than there are slots. */
  readonly pieces: readonly string[];
  /** The column of each slot. */
  readonly columns: readonly number[];
}

export interface StoredTemplate extends LineTemplate {
  readonly kind: number;
  /** The bytes that tell it from others, without its columns. */
  readonly key: string;
}

/** A column as its description begins. */
export interface StoredColumn {
  readonly kind: number;
  /** Of values of fixed length, what they are like. */
  readonly model: string;
}

/** What is left of a template. */
export interface Reduced {
  /** Of each slot whether it must stay. */
  readonly wanted: readonly boolean[];
  /** Slots of columns that are kept for other slots' sake stay as well. */
  readonly template: (isKept: (column: number) => boolean) => LineTemplate;
}

export interface Reduction {
  /** Undefined: all of the template stays. */
  reduce(template: StoredTemplate, columns: readonly StoredColumn[]): Reduced | undefined;
}

export interface ReducedDirectory {
  /** Lines. */
  readonly count: number;
  /** Bytes written to `out`. */
  readonly bytes: number;
  /** Indices of the leaves that are left, ascending. */
  readonly leaves: readonly number[];
}

/** Of what is written to what is read: a damaged template may have braces without keys. */
export const reducedShareMax = 8;
const planesMax = 4;
/** Kinds of columns whose values have a fixed length. */
const fixedKinds: readonly number[] = [2, 3];

interface ColumnPlace extends StoredColumn {
  readonly from: number;
  readonly end: number;
  readonly firstLeaf: number;
  readonly leaves: number;
}

/**
 * Reads the description at `from` and writes another to `out`, at most {@link reducedShareMax} times as long. Throws
 * CorruptBlockError.
 */
export function reduceDirectory(
  directory: Uint8Array,
  from: number,
  out: Uint8Array,
  reduction: Reduction,
): ReducedDirectory {
  const reader = new DirectoryReader(directory, from);
  const count = reader.number();
  const templates = Array.from({ length: reader.count() }, () => reader.template());
  const sequence = reader.position;
  const planes = Math.min(reader.number() >> 1, planesMax);
  reader.number();
  const sequenceEnd = reader.position;
  const columns = reader.columns(planes);
  const parts = templates.map((template) => ({ template, reduced: reduction.reduce(template, columns) }));
  const wanted = new Set<number>();
  for (const { template, reduced } of parts)
    template.columns.forEach((column, slot) => {
      if (reduced?.wanted[slot] !== false) wanted.add(column);
    });
  const kept = columns.flatMap((column, number) => (wanted.has(number) ? [{ ...column, number }] : []));
  const numbers = new Map(kept.map(({ number }, i) => [number, i]));
  let at = writeVarint(out, 0, count);
  at = writeVarint(out, at, templates.length);
  for (const { template, reduced } of parts)
    at = writeTemplate(out, at, template.kind, {
      template: reduced?.template((column) => wanted.has(column)) ?? template,
      numbers,
    });
  const leaves = Array.from({ length: planes }, (_, plane) => plane);
  out.set(directory.subarray(sequence, sequenceEnd), at);
  at = writeVarint(out, at + sequenceEnd - sequence, kept.length);
  for (const column of kept) {
    out.set(directory.subarray(column.from, column.end), at);
    at += column.end - column.from;
    for (let leaf = 0; leaf < column.leaves; leaf++) leaves.push(column.firstLeaf + leaf);
  }
  return { count, bytes: at, leaves };
}

class DirectoryReader {
  readonly #bytes: Uint8Array;
  readonly #reader: VarintReader;

  constructor(bytes: Uint8Array, from: number) {
    this.#bytes = bytes;
    this.#reader = new VarintReader(bytes, from);
  }

  get position(): number {
    return this.#reader.position;
  }

  number(): number {
    const value = this.#reader.value();
    if (value < 0) misfit();
    return value;
  }

  /** Of something that has bytes of its own. */
  count(): number {
    const value = this.number();
    if (value > this.#bytes.length) misfit();
    return value;
  }

  text(bytes: number): string {
    const from = this.position;
    this.#skip(bytes);
    return this.#latin1(from, from + bytes);
  }

  template(): StoredTemplate {
    const from = this.position;
    const kind = this.number();
    const slots = this.count();
    const pieces = Array.from({ length: slots + 1 }, () => this.text(this.number()));
    const key = this.#latin1(from, this.position);
    return { kind, pieces, key, columns: Array.from({ length: slots }, () => this.number()) };
  }

  columns(firstLeaf: number): ColumnPlace[] {
    let leaf = firstLeaf;
    const columns = Array.from({ length: this.count() }, (): ColumnPlace => {
      const from = this.position;
      const bytes = this.number();
      const leaves = this.number();
      if (leaves > leavesMax) misfit();
      const description = this.position;
      this.#skip(bytes);
      const end = this.position;
      this.#reader.position = description;
      this.number();
      const kind = this.number();
      const model = fixedKinds.includes(kind) ? this.text(this.number()) : '';
      this.#reader.position = end;
      const column = { kind, model, from, end, firstLeaf: leaf, leaves };
      leaf += leaves;
      return column;
    });
    if (!this.#reader.atEnd()) misfit();
    return columns;
  }

  #skip(bytes: number): void {
    if (this.position + bytes > this.#bytes.length) misfit();
    this.#reader.position += bytes;
  }

  #latin1(from: number, end: number): string {
    const { buffer, byteOffset } = this.#bytes;
    return Buffer.from(buffer, byteOffset + from, end - from).toString('latin1');
  }
}

function misfit(): never {
  corrupt('lines', 'has a directory that does not fit');
}

function writeTemplate(
  out: Uint8Array,
  from: number,
  kind: number,
  what: { readonly template: LineTemplate; readonly numbers: ReadonlyMap<number, number> },
): number {
  const { pieces, columns } = what.template;
  const bytes = Buffer.from(out.buffer, out.byteOffset, out.length);
  let at = writeVarint(out, from, kind);
  at = writeVarint(out, at, columns.length);
  for (const piece of pieces) {
    at = writeVarint(out, at, piece.length);
    at += bytes.write(piece, at, 'latin1');
  }
  for (const column of columns) at = writeVarint(out, at, what.numbers.get(column) ?? misfit());
  return at;
}
