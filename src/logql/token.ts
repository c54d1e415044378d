// The words and signs of LogQL. `kind` is also the name under which error messages know a token.

import { rangeOperations } from './operations/range-operations.ts';
import { vectorOperations } from './operations/vector-operations.ts';

export type TokenKind = string;

export interface Token {
  readonly kind: TokenKind;
  /** IDENTIFIER: the word; STRING: the unquoted text; NUMBER: the digits; flags: `--strict`. */
  readonly text: string;
  /** Index of the first code unit in the query. */
  readonly offset: number;
  /**
   * Loki's scanner forgets the line of tokens made of more than one scan (durations, ranges, `|=`, `==`):
   * its messages then say "line 0".
   */
  readonly lineless: boolean;
  /** Nanoseconds of DURATION and RANGE, else 0n. */
  readonly durationNs: bigint;
  /** Bytes of BYTES, else 0. */
  readonly bytes: number;
}

export const endToken = '$end';

/** Signs, longest first where one begins another. */
export const signs: ReadonlySet<string> = new Set([
  ...['=~', '!=', '!~', '!>', '|=', '|~', '|>', '==', '<=', '>='],
  ...[',', '.', '{', '}', '=', '|', '(', ')', ']', '+', '-', '*', '/', '%', '^', '<', '>'],
]);

/** Words that are never identifiers, in any case; besides them the words of stages. */
export const keywords: ReadonlySet<string> = new Set([
  ...['by', 'without', 'bool', 'on', 'ignoring', 'group_left', 'group_right', 'offset'],
  ...['and', 'or', 'unless', 'unwrap'],
]);

/** Words that are names of functions only before `(`, `by (` or `without (`; elsewhere they are identifiers. */
export const functionKinds: ReadonlyMap<string, TokenKind> = new Map([
  ...[...Object.keys(rangeOperations), ...Object.keys(vectorOperations), 'label_replace', 'vector'].map(
    (word): [string, string] => [word, word.toUpperCase()],
  ),
  ['bytes', 'BYTES_CONV'],
  ['duration', 'DURATION_CONV'],
  ['duration_seconds', 'DURATION_SECONDS_CONV'],
  ['ip', 'ip'],
]);
