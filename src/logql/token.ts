// The words and signs of LogQL. `kind` is also the name under which error messages know a token.

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

export const rangeOps: ReadonlySet<string> = new Set([
  ...['count_over_time', 'rate', 'rate_counter', 'bytes_over_time', 'bytes_rate'],
  ...['sum_over_time', 'avg_over_time', 'min_over_time', 'max_over_time'],
  ...['stdvar_over_time', 'stddev_over_time', 'quantile_over_time'],
  ...['first_over_time', 'last_over_time', 'absent_over_time'],
]);

export const vectorOps: ReadonlySet<string> = new Set([
  ...['sum', 'avg', 'min', 'max', 'count', 'stddev', 'stdvar'],
  ...['topk', 'bottomk', 'approx_topk', 'sort', 'sort_desc'],
]);

/** Words that are names of functions only before `(`, `by (` or `without (`; elsewhere they are identifiers. */
export const functionKinds: ReadonlyMap<string, TokenKind> = new Map([
  ...[...rangeOps, ...vectorOps, 'label_replace', 'vector'].map((word): [string, string] => [
    word,
    word.toUpperCase(),
  ]),
  ['bytes', 'BYTES_CONV'],
  ['duration', 'DURATION_CONV'],
  ['duration_seconds', 'DURATION_SECONDS_CONV'],
  ['ip', 'ip'],
]);

/** How tightly binary operators bind; all group to the left but `^`. */
export const operatorRanks: ReadonlyMap<string, number> = new Map([
  ['or', 1],
  ['and', 2],
  ['unless', 2],
  ['==', 3],
  ['!=', 3],
  ['<', 3],
  ['<=', 3],
  ['>', 3],
  ['>=', 3],
  ['+', 4],
  ['-', 4],
  ['*', 5],
  ['/', 5],
  ['%', 5],
  ['^', 6],
]);
