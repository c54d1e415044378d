// The LogQL syntax tree: plain readonly data (structured-cloneable), so a plan can cross threads as it is.

import type { BinaryOp } from './operations/binary-operations.ts';
import type { RangeOp } from './operations/range-operations.ts';
import type { VectorOp } from './operations/vector-operations.ts';
import type { Stage } from './stages.ts';

export type Expr = LogQuery | MetricExpr;

// ---- log queries ----------------------------------------------------------------

export type MatchOp = '=' | '!=' | '=~' | '!~';

/** One label matcher. Regexes are RE2 and anchored at both ends. */
export interface Matcher {
  readonly name: string;
  readonly op: MatchOp;
  readonly value: string;
}

export interface LogQuery {
  readonly kind: 'logQuery';
  readonly matchers: readonly Matcher[];
  readonly stages: readonly Stage[];
}

export type CompareOp = '==' | '!=' | '>' | '>=' | '<' | '<=';
export type LabelFilter =
  | { readonly kind: 'and' | 'or'; readonly left: LabelFilter; readonly right: LabelFilter }
  | { readonly kind: 'string'; readonly matcher: Matcher }
  | { readonly kind: 'number'; readonly name: string; readonly op: CompareOp; readonly value: number }
  /** value in nanoseconds */
  | { readonly kind: 'duration'; readonly name: string; readonly op: CompareOp; readonly valueNs: number }
  /** value in bytes */
  | { readonly kind: 'bytes'; readonly name: string; readonly op: CompareOp; readonly valueBytes: number }
  | { readonly kind: 'ip'; readonly name: string; readonly op: '=' | '!='; readonly pattern: string };

// ---- metric queries ---------------------------------------------------------------

export type MetricExpr =
  | RangeAggregation
  | VectorAggregation
  | BinaryExpr
  | LabelReplaceExpr
  | VectorExpr
  | LiteralExpr;

export interface Unwrap {
  readonly label: string;
  readonly conversion?: 'duration' | 'duration_seconds' | 'bytes';
  /** Label filters written after `unwrap`. */
  readonly postFilters: readonly LabelFilter[];
}

export interface Grouping {
  readonly kind: 'by' | 'without';
  readonly labels: readonly string[];
}

export interface RangeAggregation {
  readonly kind: 'rangeAggregation';
  readonly op: RangeOp;
  /** The quantile of quantile_over_time. */
  readonly parameter?: number;
  readonly log: LogQuery;
  readonly rangeNs: bigint;
  /** 0n without `offset`; negative offsets look ahead. */
  readonly offsetNs: bigint;
  readonly unwrap?: Unwrap;
  readonly grouping?: Grouping;
}

export interface VectorAggregation {
  readonly kind: 'vectorAggregation';
  readonly op: VectorOp;
  /** k of topk, bottomk, approx_topk. */
  readonly parameter?: number;
  readonly expr: MetricExpr;
  readonly grouping?: Grouping;
}

export interface VectorMatching {
  readonly cardinality: 'one-to-one' | 'many-to-one' | 'one-to-many';
  /** true: `on(labels)`; false: `ignoring(labels)`. */
  readonly on: boolean;
  readonly labels: readonly string[];
  /** Labels of group_left/group_right. */
  readonly include: readonly string[];
}

export interface BinaryExpr {
  readonly kind: 'binary';
  readonly op: BinaryOp;
  readonly left: MetricExpr;
  readonly right: MetricExpr;
  readonly returnBool: boolean;
  readonly matching?: VectorMatching;
}

export interface LabelReplaceExpr {
  readonly kind: 'labelReplace';
  readonly expr: MetricExpr;
  readonly destination: string;
  readonly replacement: string;
  readonly source: string;
  readonly regex: string;
}

export interface VectorExpr {
  readonly kind: 'vector';
  readonly value: number;
}
export interface LiteralExpr {
  readonly kind: 'literal';
  readonly value: number;
}
