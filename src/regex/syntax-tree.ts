// RE2 syntax as a tree, for analysis (required literals) and for the linear matcher. It serves patterns that
// re2js has accepted, and gives up on whatever it does not know: then there is no analysis and no linear matcher.

/** Inclusive code point ranges, sorted, not touching: [lo, hi, lo, hi, …]. */
export type RuneRanges = readonly number[];

export type AssertKind =
  | 'beginText'
  | 'endText'
  | 'beginLine'
  | 'endLine'
  | 'wordBoundary'
  | 'noWordBoundary';

export type RegexNode =
  | { readonly kind: 'empty' }
  /** One code point. `fold`: in any case of it. */
  | { readonly kind: 'rune'; readonly rune: number; readonly fold: boolean }
  | { readonly kind: 'class'; readonly ranges: RuneRanges }
  | { readonly kind: 'assert'; readonly assert: AssertKind }
  | { readonly kind: 'concat'; readonly parts: readonly RegexNode[] }
  | { readonly kind: 'alternate'; readonly parts: readonly RegexNode[] }
  /** `max` undefined: no bound. */
  | {
      readonly kind: 'repeat';
      readonly part: RegexNode;
      readonly min: number;
      readonly max: number | undefined;
    };

/** A construct that the tree does not know. */
export class UnsupportedRegexError extends Error {
  override readonly name = 'UnsupportedRegexError';
}
