// How the engines that speak Docker's API differ in what they send as log text.

/** What may be told from the pieces of a stream. */
export interface Dialect {
  /** Pieces of one line carry one time: another time begins another line. */
  readonly piecesShareTime: boolean;
  /** A piece that is shorter than {@link pieceBytes} ends its line, with or without a newline. */
  readonly shortPieceEnds: boolean;
  /**
   * It stamps each line with a time of its own, and sends lines again when it rotates its files: the same text at the
   * same time is the same line.
   */
  readonly repeatsLines: boolean;
}

/** Text bytes of a piece of Docker's that is not a line's last. */
export const pieceBytes = 16_384;

/** Of Docker's drivers that keep nanoseconds: json-file, local, and its cache for others. */
export const dockerDialect: Dialect = { piecesShareTime: true, shortPieceEnds: true, repeatsLines: true };
/** Of its driver journald, whose times have microseconds. */
export const journaldDialect: Dialect = { piecesShareTime: false, shortPieceEnds: true, repeatsLines: false };
/** Podman's: whole seconds, pieces of any length, a newline after each whole line. */
export const podmanDialect: Dialect = { piecesShareTime: false, shortPieceEnds: false, repeatsLines: false };
/** Of an engine that does not say what it is. */
const unknownDialect: Dialect = { ...dockerDialect, repeatsLines: false };

/** `server`: the header of that name, "Docker/20.10.24 (linux)", "Libpod/4.3.1 (linux)", or ''. */
export function dialectOf(server: string, logDriver: string): Dialect {
  if (/^libpod\b/i.test(server)) return podmanDialect;
  if (logDriver === 'journald') return journaldDialect;
  return /^docker\b/i.test(server) ? dockerDialect : unknownDialect;
}
