// What a fuzz target is: a decoder with inputs it knows, and the errors it may end with.

/** A class of errors that tell a fault of the input. */
export type ErrorClass = abstract new (...given: never[]) => Error;

export interface FuzzTarget {
  /** Also the folder of its past finds in `corpus`. */
  readonly name: string;
  /** Valid inputs, from which the others are made. */
  readonly seeds: readonly (string | Uint8Array)[];
  /** Words of the input's language. */
  readonly dictionary?: readonly string[];
  /** Default {@link inputBytesMax}. */
  readonly bytesMax?: number;
  /** What the decoder may throw; each with a text. Anything else is a find. */
  readonly errors: readonly ErrorClass[];
  /**
   * Their texts repeat pieces of the input. Without this each such text were a new way to end, and the pool would fill
   * with inputs that differ in nothing else, the dearest among them.
   */
  readonly errorsRepeatInput?: boolean;
  /** Decodes one input, and throws for an answer that is wrong. May return a word for the way it ended. */
  readonly run: (input: Buffer) => unknown;
}

export const inputBytesMax = 4096;

/** A property that does not hold; never among a target's `errors`. */
export class WrongAnswerError extends Error {
  override readonly name = 'WrongAnswerError';
}

export function must(holds: boolean, what: string): void {
  if (!holds) throw new WrongAnswerError(what);
}

/** Text before and after the first line break: for targets that take a program and its data. */
export function halves(input: Buffer): { readonly program: string; readonly data: Buffer } {
  const at = input.indexOf(10);
  const end = at < 0 ? input.length : at;
  return { program: input.toString('utf8', 0, end), data: input.subarray(Math.min(end + 1, input.length)) };
}
