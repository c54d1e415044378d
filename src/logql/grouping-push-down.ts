// Where the grouping of a sum may be applied to each sample already.
import type { RangeAggregation } from './ast.ts';
import { rangeOperations } from './operations/range-operations.ts';

/** True when `sum by (…) (op(…))` may group each sample: sums of sums. Other operations need every series. */
export function canPushGroupingDown({ op, grouping }: RangeAggregation): boolean {
  return grouping === undefined && rangeOperations[op].pushable;
}
