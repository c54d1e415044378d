// Nodes that can be refused or folded when they are made: the rules and wordings are Loki's.
import { formatGoFixed, goFloatError, parseGoFloat } from '../go/number.ts';
import type {
  BinaryExpr,
  Expr,
  Grouping,
  LiteralExpr,
  MetricExpr,
  RangeAggregation,
  VectorAggregation,
  VectorMatching,
} from './ast.ts';
import { type BinaryOp, binaryOperations, onNumbers } from './operations/binary-operations.ts';
import { type RangeOp, rangeOperations } from './operations/range-operations.ts';
import { type VectorOp, vectorOperations } from './operations/vector-operations.ts';
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
  if (binaryOperations[op].kind === 'set') {
    if (left.kind === 'literal') throw literalInSetOperation('left', op, left.value);
    if (right.kind === 'literal') throw literalInSetOperation('right', op, right.value);
  }
  if (left.kind === 'literal' && right.kind === 'literal') {
    return { kind: 'literal', value: onNumbers(op)(left.value, right.value) };
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

/** A range aggregation; checks parameter, unwrap and grouping. */
export function makeRangeAggregation(
  op: RangeOp,
  parameterText: string | undefined,
  range: LogRange,
  grouping: Grouping | undefined,
): RangeAggregation {
  const parameter = rangeParameter(op, parameterText);
  const { groupable, samples } = rangeOperations[op];
  if (grouping !== undefined && !groupable) {
    throw meaningError(`grouping not allowed for ${op} aggregation`);
  }
  if (range.unwrap !== undefined && samples === 'entries') {
    throw meaningError(`invalid aggregation ${op} with unwrap`);
  }
  if (range.unwrap === undefined && samples === 'unwrapped') {
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

function rangeParameter(op: RangeOp, text: string | undefined): number | undefined {
  const takes = rangeOperations[op].takesParameter;
  if (text === undefined) {
    if (takes) throw meaningError(`parameter required for operation ${op}`);
    return undefined;
  }
  if (!takes) {
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
  const { groupingRefusal } = vectorOperations[op];
  if (grouping !== undefined && groupingRefusal !== undefined) throw meaningError(groupingRefusal);
  return {
    kind: 'vectorAggregation',
    op,
    ...(parameter === undefined ? {} : { parameter }),
    expr,
    ...(grouping === undefined ? {} : { grouping }),
  };
}

function vectorParameter(op: VectorOp, text: string | undefined): number | undefined {
  const takes = vectorOperations[op].takesParameter;
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
