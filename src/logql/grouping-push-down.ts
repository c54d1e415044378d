// Where the grouping of a sum may be applied to each sample already.
import type { RangeAggregation } from './ast.ts';

/** True when `sum by (…) (op(…))` may group each sample: sums of sums. Other operations need every series. */
export function canPushGroupingDown({ op, grouping }: RangeAggregation): boolean {
  return grouping === undefined && pushable.has(op);
}

const pushable: ReadonlySet<RangeAggregation['op']> = new Set([
  'count_over_time',
  'rate',
  'bytes_over_time',
  'bytes_rate',
  'sum_over_time',
]);
