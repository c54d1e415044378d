// The aggregations over the series of each step, by name. One is added by its name and its entry here.

import type { CellFold } from './cell.ts';
import * as fold from './cell.ts';

export type VectorOp =
  | 'sum'
  | 'avg'
  | 'min'
  | 'max'
  | 'count'
  | 'stddev'
  | 'stdvar'
  | 'topk'
  | 'bottomk'
  | 'approx_topk'
  | 'sort'
  | 'sort_desc';

/** What becomes of a group's series: one series of folded values, those of k series, or all of them in order. */
export type VectorResult =
  | { readonly kind: 'fold'; readonly fold: CellFold }
  | { readonly kind: 'pick'; readonly from: 'largest' | 'smallest' }
  | { readonly kind: 'sort'; readonly from: 'largest' | 'smallest' };

/** All that is known of one operation. Every property must be decided: none has a default. */
export interface VectorOperation {
  readonly result: VectorResult;
  /** It takes a number of series, k. */
  readonly takesParameter: boolean;
  /** Why `by` and `without` may not stand with it; undefined: they may. */
  readonly groupingRefusal: string | undefined;
  /** Its grouping may be applied to each sample of a range below it, where the range allows that. */
  readonly groupsSamples: boolean;
  /** In an instant query over a long range: applied to each piece of the range, to what they make, or never cut. */
  readonly cutting: 'in pieces' | 'around pieces' | 'never';
}

const folding = (one: CellFold) => ({
  result: { kind: 'fold', fold: one } as const,
  takesParameter: false,
  groupingRefusal: undefined,
  groupsSamples: false,
});
const picking = (from: 'largest' | 'smallest') => ({
  result: { kind: 'pick', from } as const,
  takesParameter: true,
  groupingRefusal: undefined,
  groupsSamples: false,
});
const sorting = (from: 'largest' | 'smallest') => ({
  result: { kind: 'sort', from } as const,
  takesParameter: false,
  groupingRefusal: "sort and sort_desc doesn't allow grouping by",
  groupsSamples: false,
});

export const vectorOperations: Readonly<Record<VectorOp, VectorOperation>> = {
  sum: { ...folding(fold.sum), groupsSamples: true, cutting: 'in pieces' },
  avg: { ...folding(fold.mean), cutting: 'in pieces' },
  min: { ...folding(fold.min), cutting: 'in pieces' },
  max: { ...folding(fold.max), cutting: 'in pieces' },
  count: { ...folding(fold.count), cutting: 'around pieces' },
  stddev: { ...folding(fold.deviation), cutting: 'never' },
  stdvar: { ...folding(fold.variance), cutting: 'never' },
  topk: { ...picking('largest'), cutting: 'around pieces' },
  bottomk: { ...picking('smallest'), cutting: 'never' },
  approx_topk: {
    ...picking('largest'),
    groupingRefusal: 'grouping not allowed for approx_topk aggregation',
    cutting: 'never',
  },
  sort: { ...sorting('smallest'), cutting: 'never' },
  sort_desc: { ...sorting('largest'), cutting: 'never' },
};

export const isVectorOp = (word: string): word is VectorOp => Object.hasOwn(vectorOperations, word);
