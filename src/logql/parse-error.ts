/**
 * A query that is not LogQL, or breaks one of its rules. `message` is the whole text a client sees
 * ("parse error at line 1, col 5: …"); the HTTP status is 400.
 */
export class ParseError extends Error {
  override readonly name = 'ParseError';
  /** 1-based; undefined for errors of meaning, which have no place. */
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(message: string, position?: { line: number; column: number }) {
    super(message);
    this.line = position?.line;
    this.column = position?.column;
  }
}

/** An error of meaning: no position. */
export const meaningError = (message: string): ParseError => new ParseError(`parse error : ${message}`);
