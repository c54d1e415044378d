// Lines with only what may hold a literal: it is in a reduced line exactly when it is in the whole one.
import type { Needle } from '../../../kernels/needle.ts';
import type { LineTemplate, Reduced, Reduction, StoredColumn, StoredTemplate } from './reduced-directory.ts';

/** Where something is left out; the literal must not hold it. */
const separator = '\0';
/** By the number of their kind, the bytes that values consist of; of fixed ones besides those of their model. */
const alphabets: Readonly<Record<number, string>> = {
  1: '-.0123456789',
  2: '0123456789',
  3: '-0123456789abcdef',
};

/** Of a piece, by its ends. */
interface Borders {
  readonly left: boolean;
  readonly right: boolean;
}

export class LiteralReduction implements Reduction {
  readonly #literal: string;
  readonly #ignoresCase: boolean;

  /** `needle` is one of {@link isReducing}. */
  constructor({ bytes, ignoreCase }: Needle) {
    this.#literal = Buffer.from(bytes).toString('latin1');
    this.#ignoresCase = ignoreCase;
  }

  static isReducing = ({ bytes }: Needle): boolean =>
    bytes.length > 0 && !bytes.includes(0) && !bytes.includes(10);

  /**
   * Keeps the columns that may hold the literal, and pieces together with the slots beside them where it may reach over
   * a border: wherever it is, all that it touches is left, side by side.
   */
  reduce({ pieces, columns }: StoredTemplate, stored: readonly StoredColumn[]): Reduced {
    const statics = this.#ignoresCase ? pieces.map(lowerAscii) : pieces;
    if (statics.some((piece) => piece.includes(this.#literal)))
      return {
        wanted: columns.map(() => false),
        template: (isKept) => joined([this.#literal, ...columns.map(() => undefined)], columns, isKept),
      };
    const borders = statics.map((piece, p) => this.#crossedBorders(piece, p > 0, p < columns.length));
    const wanted = columns.map(
      (column, slot) =>
        borders[slot]?.right === true || borders[slot + 1]?.left === true || this.#mayHold(stored[column]),
    );
    const kept = pieces.map((piece, p) => (borders[p]?.left || borders[p]?.right ? piece : undefined));
    return { wanted, template: (isKept) => joined(kept, columns, isKept) };
  }

  /** Over which ends of a piece that does not hold it the literal may reach, into the slots beside it. */
  #crossedBorders(piece: string, hasLeft: boolean, hasRight: boolean): Borders {
    const literal = this.#literal;
    let left = false;
    let right = false;
    for (let k = 1; k <= Math.min(piece.length, literal.length - 1); k++) {
      right ||= hasRight && piece.endsWith(literal.slice(0, k));
      left ||= hasLeft && piece.startsWith(literal.slice(-k));
    }
    const isInside = hasLeft && hasRight && literal.slice(1, -1).includes(piece) && literal.length > 1;
    return { left: left || isInside, right: right || isInside };
  }

  #mayHold(column: StoredColumn | undefined): boolean {
    const alphabet = column && alphabets[column.kind];
    if (alphabet === undefined) return true;
    const all = alphabet + (this.#ignoresCase ? lowerAscii(column?.model ?? '') : column?.model);
    return [...this.#literal].every((byte) => all.includes(byte));
  }
}

const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, (upper) => upper.toLowerCase());

/** What is left, in its order, a separator wherever something is left out; undefined pieces are. */
function joined(
  pieces: readonly (string | undefined)[],
  columns: readonly number[],
  isKept: (column: number) => boolean,
): LineTemplate {
  const kept: number[] = [];
  const texts: string[] = [];
  let text = '';
  let isGap = false;
  const put = (more: string): void => {
    text += isGap ? separator + more : more;
    isGap = false;
  };
  pieces.forEach((piece, p) => {
    if (piece === undefined) isGap = true;
    else put(piece);
    const column = columns[p];
    if (column === undefined) return;
    if (isKept(column)) {
      put('');
      texts.push(text);
      text = '';
      kept.push(column);
    } else isGap = true;
  });
  return { pieces: [...texts, text], columns: kept };
}
