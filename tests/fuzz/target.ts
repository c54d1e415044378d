// What a fuzz target is: a decoder with inputs it knows, and the errors it may end with.

import type { WideningFormat } from './widen.ts';

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
  /** How lengths are in an input that is widened to measure its cost; default 'text'. */
  readonly format?: WideningFormat;
  /** Makes a widened input whole again, such as a length at its start. */
  readonly finish?: (input: Buffer) => Buffer;
  /** Longer inputs are refused before they come to the decoder; default a mebibyte. */
  readonly costBytesMax?: number;
  /** How many times the cost of ordinary inputs of as many bytes any input may cost. */
  readonly costFactor?: number;
  /** Decodes one input, and throws for an answer that is wrong. May return a word for the way it ended. */
  readonly run: (input: Buffer) => unknown;
  /** The same without what only the search for wrong answers needs; default `run`. */
  readonly costRun?: (input: Buffer) => unknown;
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

/** How a target ended: in a few words that are the same for all inputs that end so, or with a find. */
export interface Ended {
  readonly outcome: string;
  readonly problem?: string;
  readonly cause?: unknown;
}

export async function endOf(target: FuzzTarget, input: Buffer): Promise<Ended> {
  // Its own memory: a target may write to what it is given, and the input must not change.
  const given = Buffer.from(input);
  try {
    const answer = target.run(given);
    const word = answer instanceof Promise ? await answer : answer;
    return { outcome: `returned ${shape(String(word))}` };
  } catch (error) {
    const known = target.errors.some((type) => error instanceof type);
    const message = error instanceof Error ? error.message : String(error);
    if (known && message !== '') {
      const own = target.errorsRepeatInput === true ? withoutWordsOf(input.toString(), message) : message;
      return { outcome: `threw ${shape(own)}` };
    }
    const problem = known
      ? 'an error without a text'
      : error instanceof Error
        ? `${error.name}: ${message}`
        : message;
    return { outcome: '', problem, cause: error };
  }
}

/** A text without what differs from input to input: quoted parts and numbers. */
const shape = (text: string): string =>
  text
    .slice(0, 200)
    .replace(/(["'`])(?:\\.|(?!\1).)*\1?/g, '"')
    .replace(/\d+/g, '0')
    .slice(0, 60);

/** The words of a text that do not stand in the input, whatever marks are around them. */
const withoutWordsOf = (input: string, text: string): string =>
  text
    .slice(0, 1000)
    .split(/\s+/)
    .filter((word) => {
      const bare = word.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
      return bare !== '' && !input.includes(bare);
    })
    .join(' ');
