// Line filters as the scan of a block uses them: what the gram filter must hold, which literals to search the block
// for, and what is left to verify line by line.
import { compileNeedle, type Needle } from '../../kernels/needle.ts';
import type { LineFilterStage } from '../../logql/stages/line-filter.ts';
import type { BytesPredicate } from '../../pipeline/byte-search.ts';
import type { SearchLiteral } from '../../pipeline/line-regex.ts';
import { compileLineFilters } from '../../pipeline/stages/line-filter.ts';

/** Literals below this say nothing to a filter of 4-grams. */
const gramBytes = 4;

export interface ScanFilter {
  /** What lines that pass hold: of each list one literal. */
  readonly grams: readonly (readonly Needle[])[];
  /** False only when no line with these grams can pass. */
  readonly mayContain: (test: (needles: readonly Needle[]) => boolean) => boolean;
  /** True when `mayContain` has anything to ask. */
  readonly usesGrams: boolean;
  /** A line passes only with one of these in it: search for them first. Empty: look at every line. */
  readonly search: readonly Needle[];
  /** Left to test on lines that hold one of `search`; undefined: the search decides. */
  readonly verify: BytesPredicate | undefined;
}

/** Of at least one filter. Throws what compileLineFilters throws. */
export function compileScanFilter(stages: readonly LineFilterStage[]): ScanFilter {
  const { conditions, matches } = compileLineFilters(stages);
  const clauses = conditions.flatMap(({ required }) => required);
  const grams = clauses
    .filter((clause) => clause.every(({ bytes }) => bytes.length >= gramBytes))
    .map(needlesOf);
  // A lone condition that is nothing but a search needs no second look at the line.
  const [only] = conditions;
  if (only?.exact?.verdict === 'occurs' && conditions.length === 1)
    return { ...gramTests(grams), search: needlesOf(only.exact.literals), verify: undefined };
  const [best] = clauses.toSorted((a, b) => rarity(b) - rarity(a));
  return { ...gramTests(grams), search: best === undefined ? [] : needlesOf(best), verify: matches };
}

const gramTests = (
  grams: readonly (readonly Needle[])[],
): Pick<ScanFilter, 'grams' | 'usesGrams' | 'mayContain'> => ({
  grams,
  usesGrams: grams.length > 0,
  mayContain: (test) => grams.every((needles) => needles.some((needle) => test([needle]))),
});

const needlesOf = (literals: readonly SearchLiteral[]): readonly Needle[] =>
  literals.map(({ bytes, ignoreCase }) => compileNeedle(bytes, ignoreCase));

/** The longer the shortest alternative, the fewer lines hold it; many alternatives cost a sweep each. */
const rarity = (clause: readonly SearchLiteral[]): number =>
  clause.reduce((shortest, { bytes }) => Math.min(shortest, bytes.length), 64) / (1 + clause.length);
