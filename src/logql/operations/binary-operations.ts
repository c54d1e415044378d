// The operators between two expressions, by sign. One is added by its sign and its entry here; a new sign is also one
// of token.ts.

export type BinaryOp =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '^'
  | '=='
  | '!='
  | '>'
  | '>='
  | '<'
  | '<='
  | 'and'
  | 'or'
  | 'unless';

/** What the operator makes of two points, or of two sets of series. */
export type BinaryResult =
  /** A comparison gives 1 or 0; between series and without `bool`, points that give 0 are dropped. */
  | { readonly kind: 'arithmetic' | 'comparison'; readonly apply: (left: number, right: number) => number }
  /** Points of the left side by whether the right one has a point, and points of the right where the left has none. */
  | { readonly kind: 'set'; readonly left: 'matched' | 'unmatched' | 'all'; readonly addsRight: boolean };

export type BinaryOperation = BinaryResult & {
  /** How tightly it binds: the higher first. */
  readonly rank: number;
  /** Which of two in a row is computed first. */
  readonly groups: 'left' | 'right';
};

const compare = (holds: (left: number, right: number) => boolean): BinaryOperation => ({
  kind: 'comparison',
  apply: (left, right) => Number(holds(left, right)),
  rank: 3,
  groups: 'left',
});
const calculate = (rank: number, apply: (left: number, right: number) => number): BinaryOperation => ({
  kind: 'arithmetic',
  apply,
  rank,
  groups: 'left',
});

/** Arithmetic as Loki does it: division and modulo by zero are NaN. */
export const binaryOperations: Readonly<Record<BinaryOp, BinaryOperation>> = {
  or: { kind: 'set', left: 'all', addsRight: true, rank: 1, groups: 'left' },
  and: { kind: 'set', left: 'matched', addsRight: false, rank: 2, groups: 'left' },
  unless: { kind: 'set', left: 'unmatched', addsRight: false, rank: 2, groups: 'left' },
  '==': compare((left, right) => left === right),
  '!=': compare((left, right) => left !== right),
  '<': compare((left, right) => left < right),
  '<=': compare((left, right) => left <= right),
  '>': compare((left, right) => left > right),
  '>=': compare((left, right) => left >= right),
  '+': calculate(4, (left, right) => left + right),
  '-': calculate(4, (left, right) => left - right),
  '*': calculate(5, (left, right) => left * right),
  '/': calculate(5, (left, right) => (right === 0 ? Number.NaN : left / right)),
  '%': calculate(5, (left, right) => (right === 0 ? Number.NaN : left % right)),
  '^': { ...calculate(6, goPow), groups: 'right' },
};

export const isBinaryOp = (kind: string): kind is BinaryOp => Object.hasOwn(binaryOperations, kind);

/** What the operator makes of two numbers; of set operations nothing: NaN. */
export function onNumbers(op: BinaryOp): (left: number, right: number) => number {
  const operation = binaryOperations[op];
  return operation.kind === 'set' ? () => Number.NaN : operation.apply;
}

/** Where Go's math.Pow differs from `**`: 1 to any power, and -1 to an infinite one, is 1. */
function goPow(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY)) return 1;
  return base ** exponent;
}
