// Walking through expressions.
import type { Expr, MetricExpr, RangeAggregation } from './ast.ts';

/** What an expression is made of, left to right. */
export function operandsOf(expr: Expr): readonly MetricExpr[] {
  switch (expr.kind) {
    case 'vectorAggregation':
    case 'labelReplace':
      return [expr.expr];
    case 'binary':
      return [expr.left, expr.right];
    case 'logQuery':
    case 'rangeAggregation':
    case 'vector':
    case 'literal':
      return [];
  }
}

/** A range aggregation, and the expression whose operand it is; undefined where it is the whole. */
export interface PlacedRange {
  readonly range: RangeAggregation;
  readonly around: Expr | undefined;
}

/** The range aggregations of an expression, left to right. */
export function rangesOf(whole: Expr): readonly PlacedRange[] {
  const ranges: PlacedRange[] = [];
  const left: { readonly expr: Expr; readonly around: Expr | undefined }[] = [
    { expr: whole, around: undefined },
  ];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { expr, around } = next;
    if (expr.kind === 'rangeAggregation') ranges.push({ range: expr, around });
    else for (const operand of operandsOf(expr).toReversed()) left.push({ expr: operand, around: expr });
  }
  return ranges;
}
