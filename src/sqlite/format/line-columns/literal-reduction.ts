// Lines with only what may hold a literal: it is in a reduced line exactly when it is in the whole one.
import type { Needle } from '../../../kernels/needle.ts';
import type { LineTemplate, Reduced, Reduction, StoredColumn, StoredTemplate } from './reduced-directory.ts';

/** Between values that are left; the literal must not hold it. */
const separator = '\0';
/** By the number of their kind, the bytes that values consist of; of fixed ones besides those of their model. */
const alphabets: Readonly<Record<number, string>> = {
  1: '-.0123456789',
  2: '0123456789',
  3: '-0123456789abcdef',
};

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

  reduce({ pieces, columns }: StoredTemplate, stored: readonly StoredColumn[]): Reduced | undefined {
    const statics = this.#ignoresCase ? pieces.map(lowerAscii) : pieces;
    const isInPiece = statics.some((piece) => piece.includes(this.#literal));
    if (!isInPiece && this.#mayCrossABorder(statics)) return undefined;
    const wanted = columns.map((column) => !isInPiece && this.#mayHold(stored[column]));
    return { wanted, template: (isKept) => this.#template(columns, isKept, isInPiece) };
  }

  #template(
    columns: readonly number[],
    isKept: (column: number) => boolean,
    isInPiece: boolean,
  ): LineTemplate {
    const kept = columns.filter(isKept);
    const pieces = ['', ...kept.map(() => separator)];
    if (isInPiece) pieces[0] = this.#literal + separator;
    return { pieces, columns: kept };
  }

  /** A part of the literal, but not all of it, may stand in a piece, and what is left in the slots beside it. */
  #mayCrossABorder(pieces: readonly string[]): boolean {
    const { length } = this.#literal;
    return pieces.some((piece, p) => {
      const hasLeft = p > 0;
      const hasRight = p < pieces.length - 1;
      for (let k = 1; k < length; k++) {
        if (hasRight && piece.endsWith(this.#literal.slice(0, k))) return true;
        if (hasLeft && piece.startsWith(this.#literal.slice(k))) return true;
      }
      return hasLeft && hasRight && length > 1 && this.#literal.includes(piece);
    });
  }

  #mayHold(column: StoredColumn | undefined): boolean {
    const alphabet = column && alphabets[column.kind];
    if (alphabet === undefined) return true;
    const all = alphabet + (this.#ignoresCase ? lowerAscii(column?.model ?? '') : column?.model);
    return [...this.#literal].every((byte) => all.includes(byte));
  }
}

const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, (upper) => upper.toLowerCase());
