// Nodes that can be refused or folded when they are made: the rules and wordings are Loki's.
import { formatGoFixed, goFloatError, parseGoFloat } from '../go/number.ts';
import type {
  BinaryExpr,
  BinaryOp,
  Expr,
  Grouping,
  LiteralExpr,
  MetricExpr,
  RangeAggregation,
  RangeOp,
  VectorAggregation,
  VectorMatching,
  VectorOp,
} from './ast.ts';
import { meaningError } from './parse-error.ts';
import type { LogRange } from './parse-range.ts';

/** A binary operation; two literals become one. */
export function makeBinary(parts: {
  op: BinaryOp;
  left: Expr;
  right: Expr;
  returnBool: boolean;
  matching?: VectorMatching;
}): BinaryExpr | LiteralExpr {
  const { op, left, right, returnBool, matching } = parts;
  if (left.kind === 'logQuery') throw wrongOperand('left', op, left);
  if (right.kind === 'logQuery') throw wrongOperand('right', op, right);
  if (op === 'and' || op === 'or' || op === 'unless') {
    if (left.kind === 'literal') throw literalInSetOperation('left', op, left.value);
    if (right.kind === 'literal') throw literalInSetOperation('right', op, right.value);
  }
  if (left.kind === 'literal' && right.kind === 'literal') {
    return { kind: 'literal', value: applyBinary(op, left.value, right.value) };
  }
  return {
    kind: 'binary',
    op,
    left,
    right,
    returnBool,
    ...(matching === undefined ? {} : { matching }),
  };
}

/**
 * Arithmetic as Loki does it: division and modulo by zero are NaN, comparisons 1 or 0 (no filtering).
 * Set operations have no number: NaN.
 */
export function applyBinary(op: BinaryOp, left: number, right: number): number {
  switch (op) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return right === 0 ? Number.NaN : left / right;
    case '%':
      return right === 0 ? Number.NaN : left % right;
    case '^':
      return goPow(left, right);
    case '==':
      return Number(left === right);
    case '!=':
      return Number(left !== right);
    case '>':
      return Number(left > right);
    case '>=':
      return Number(left >= right);
    case '<':
      return Number(left < right);
    case '<=':
      return Number(left <= right);
    case 'and':
    case 'or':
    case 'unless':
      return Number.NaN;
  }
}

/** Where Go's math.Pow differs from `**`: 1 to any power, and -1 to an infinite one, is 1. */
function goPow(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY)) return 1;
  return base ** exponent;
}

/** A range aggregation; checks parameter, unwrap and grouping. */
export function makeRangeAggregation(
  op: RangeOp,
  parameterText: string | undefined,
  range: LogRange,
  grouping: Grouping | undefined,
): RangeAggregation {
  const parameter = rangeParameter(op, parameterText);
  if (grouping !== undefined && !groupable.has(op)) {
    throw meaningError(`grouping not allowed for ${op} aggregation`);
  }
  if (range.unwrap !== undefined && logOnly.has(op)) {
    throw meaningError(`invalid aggregation ${op} with unwrap`);
  }
  if (range.unwrap === undefined && !logOnly.has(op) && !either.has(op)) {
    throw meaningError(`invalid aggregation ${op} without unwrap`);
  }
  return {
    kind: 'rangeAggregation',
    op,
    ...(parameter === undefined ? {} : { parameter }),
    ...range,
    ...(grouping === undefined ? {} : { grouping }),
  };
}

const groupable: ReadonlySet<RangeOp> = new Set([
  ...(['avg_over_time', 'stddev_over_time', 'stdvar_over_time', 'quantile_over_time'] as const),
  ...(['max_over_time', 'min_over_time', 'first_over_time', 'last_over_time'] as const),
]);
const logOnly: ReadonlySet<RangeOp> = new Set(['count_over_time', 'bytes_over_time', 'bytes_rate']);
const either: ReadonlySet<RangeOp> = new Set(['rate', 'absent_over_time']);

function rangeParameter(op: RangeOp, text: string | undefined): number | undefined {
  if (text === undefined) {
    if (op === 'quantile_over_time') throw meaningError(`parameter required for operation ${op}`);
    return undefined;
  }
  if (op !== 'quantile_over_time') {
    throw meaningError(`parameter ${text} not supported for operation ${op}`);
  }
  const value = parseGoFloat(text);
  if (value === undefined) {
    throw meaningError(`invalid parameter for operation ${op}: ${goFloatError(text)}`);
  }
  return value;
}

/** A vector aggregation; checks parameter and grouping. */
export function makeVectorAggregation(
  op: VectorOp,
  parameterText: string | undefined,
  expr: MetricExpr,
  grouping: Grouping | undefined,
): VectorAggregation {
  const parameter = vectorParameter(op, parameterText);
  if ((op === 'sort' || op === 'sort_desc') && grouping !== undefined) {
    throw meaningError("sort and sort_desc doesn't allow grouping by");
  }
  if (op === 'approx_topk' && grouping !== undefined) {
    throw meaningError('grouping not allowed for approx_topk aggregation');
  }
  return {
    kind: 'vectorAggregation',
    op,
    ...(parameter === undefined ? {} : { parameter }),
    expr,
    ...(grouping === undefined ? {} : { grouping }),
  };
}

function vectorParameter(op: VectorOp, text: string | undefined): number | undefined {
  const takes = op === 'topk' || op === 'bottomk' || op === 'approx_topk';
  if (text === undefined) {
    if (takes) throw meaningError(`parameter required for operation ${op}`);
    return undefined;
  }
  if (!takes) throw meaningError(`unsupported parameter for operation ${op}(${text},`);
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw meaningError(`invalid parameter ${op}(${text},`);
  }
  if (value <= 0) throw meaningError(`invalid parameter (must be greater than 0) ${op}(${text}`);
  return value;
}

function wrongOperand(side: string, op: BinaryOp, expr: Expr & { kind: 'logQuery' }): Error {
  const type = expr.stages.length === 0 ? 'MatchersExpr' : 'PipelineExpr';
  return meaningError(`unexpected type for ${side} leg of binary operation (${op}): *syntax.${type}`);
}

function literalInSetOperation(side: string, op: BinaryOp, value: number): Error {
  return meaningError(
    `unexpected literal for ${side} leg of logical/set binary operation (${op}): ${formatGoFixed(value)}`,
  );
}
