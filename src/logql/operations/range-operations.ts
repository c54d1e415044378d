// The aggregations over a range of time, by name. One is added by its name and its entry here.

import type { CellFold } from './cell.ts';
import * as fold from './cell.ts';

export type RangeOp =
  | 'count_over_time'
  | 'rate'
  | 'rate_counter'
  | 'bytes_over_time'
  | 'bytes_rate'
  | 'sum_over_time'
  | 'avg_over_time'
  | 'min_over_time'
  | 'max_over_time'
  | 'stdvar_over_time'
  | 'stddev_over_time'
  | 'quantile_over_time'
  | 'first_over_time'
  | 'last_over_time'
  | 'absent_over_time';

/** Folds over all samples of a window, in src/engine/metrics. */
export type SampleFold = 'quantile' | 'counter';

/** How the value of a window comes of its samples: from a cell, or from the samples themselves. */
export type RangeFinish = CellFold | { readonly cell: 'list'; readonly samples: SampleFold };

/** All that is known of one operation. Every property must be decided: none has a default. */
export interface RangeOperation {
  /** What its samples are: entries, values of `unwrap`, or the ones without and the others with `unwrap`. */
  readonly samples: 'entries' | 'unwrapped' | 'either';
  /** What a sample of an entry weighs, without `unwrap`. */
  readonly entryWeight: 'one' | 'bytes';
  /** It takes a number before the range. */
  readonly takesParameter: boolean;
  /** `by` and `without` may follow it. */
  readonly groupable: boolean;
  readonly finish: (unwrapped: boolean) => RangeFinish;
  /** Cells do not depend on the order in which samples are added; sums as long as all values are whole. */
  readonly orderless: boolean;
  /** A sum around it may group each sample already: the result is a sum of sums. Others need every series. */
  readonly pushable: boolean;
  /** What joins the pieces of a range that is cut in time; undefined: it cannot be cut. */
  readonly joinedBy: 'sum' | 'min' | 'max' | undefined;
  /** Of a rate: the operation over the same range that is not divided by its length. */
  readonly rateOf: ((unwrapped: boolean) => RangeOp) | undefined;
  /** Its value is 1 where no sample is, and its samples have no labels. */
  readonly tellsAbsence: boolean;
}

const always =
  <T>(value: T) =>
  (): T =>
    value;

/** Of entries; sums of them, so they may be grouped early, put in any order, and cut. */
const entrySum = {
  samples: 'entries',
  entryWeight: 'one',
  takesParameter: false,
  groupable: false,
  orderless: true,
  pushable: true,
  joinedBy: 'sum',
  rateOf: undefined,
  tellsAbsence: false,
} as const satisfies Partial<RangeOperation>;

/** Of unwrapped values, which are grouped with them and cannot be cut. */
const valueFold = {
  samples: 'unwrapped',
  entryWeight: 'one',
  takesParameter: false,
  groupable: true,
  orderless: false,
  pushable: false,
  joinedBy: undefined,
  rateOf: undefined,
  tellsAbsence: false,
} as const satisfies Partial<RangeOperation>;

export const rangeOperations: Readonly<Record<RangeOp, RangeOperation>> = {
  count_over_time: { ...entrySum, finish: always(fold.count) },
  rate: {
    ...entrySum,
    samples: 'either',
    finish: (unwrapped) => (unwrapped ? valuesPerSecond : entriesPerSecond),
    rateOf: (unwrapped) => (unwrapped ? 'sum_over_time' : 'count_over_time'),
  },
  bytes_over_time: { ...entrySum, entryWeight: 'bytes', finish: always(fold.sum) },
  bytes_rate: {
    ...entrySum,
    entryWeight: 'bytes',
    finish: always(fold.perSecond(fold.sum)),
    rateOf: always('bytes_over_time'),
  },
  absent_over_time: {
    ...entrySum,
    samples: 'either',
    finish: always(fold.count),
    pushable: false,
    joinedBy: undefined,
    tellsAbsence: true,
  },
  sum_over_time: { ...entrySum, samples: 'unwrapped', finish: always(fold.sum) },
  rate_counter: {
    ...valueFold,
    groupable: false,
    finish: always({ cell: 'list', samples: 'counter' } as const),
  },
  avg_over_time: { ...valueFold, finish: always(fold.mean), orderless: true },
  min_over_time: { ...valueFold, finish: always(fold.min), orderless: true, joinedBy: 'min' },
  max_over_time: { ...valueFold, finish: always(fold.max), orderless: true, joinedBy: 'max' },
  stdvar_over_time: { ...valueFold, finish: always(fold.variance) },
  stddev_over_time: { ...valueFold, finish: always(fold.deviation) },
  first_over_time: { ...valueFold, finish: always(fold.first) },
  last_over_time: { ...valueFold, finish: always(fold.last) },
  quantile_over_time: {
    ...valueFold,
    takesParameter: true,
    finish: always({ cell: 'list', samples: 'quantile' } as const),
  },
};
const entriesPerSecond = fold.perSecond(fold.count);
const valuesPerSecond = fold.perSecond(fold.sum);

export const isRangeOp = (word: string): word is RangeOp => Object.hasOwn(rangeOperations, word);
