// The address of a unit's data: what `ScanUnit.address` holds. Structured-cloneable.
import type { HiddenSpan } from '../../store/hidden-entries.ts';

export interface BlockAddress {
  readonly id: number;
  readonly n: number;
  readonly raw: number;
  readonly flags: number;
}

export interface SliceAddress {
  readonly segment: number;
  readonly at: number;
  readonly bytes: number;
}

/** Sources in order of arrival. */
export interface UnitAddress {
  readonly blocks: readonly BlockAddress[];
  readonly slices: readonly SliceAddress[];
  /** Only entries inside belong to the unit; `endNs` is exclusive. */
  readonly window: { readonly startNs: bigint; readonly endNs: bigint } | undefined;
  /** Deletions that may take entries of the unit. */
  readonly hidden: readonly HiddenSpan[] | undefined;
}
