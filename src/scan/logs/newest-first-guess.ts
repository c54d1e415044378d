// Queries for the newest (or oldest) entries, whatever they say: units tell how many entries lie where, so the time at
// which there will be enough of them can be guessed. Looking no further spares most of what would only be displaced by
// entries of other streams.
import type { LogQuery } from '../../logql/ast.ts';
import { syntaxOf } from '../../logql/stages.ts';
import { maxNs, minNs } from '../../model/time.ts';
import type { LogTask } from '../../store/scan-task.ts';
import type { PlannedUnit, UnitList } from '../../store/store.ts';

/** This many entries are expected for one that is asked for: a look that finds too few was for nothing. */
const expectedShare = 1.25;
const expectedMore = 20;
/** Above this many units several workers are faster without. */
const unitsMax = 512;
const halvings = 12;

export const keepsEntries = ({ stages }: LogQuery): boolean =>
  !stages.some((stage) => syntaxOf(stage).dropsEntries);

/**
 * The time that the task's entries are expected not to go beyond: a little more than the limit lie between it and where
 * the scan begins, if entries are spread evenly over the time of their unit. Undefined: no guess is worth it. `units`
 * are in scan order.
 */
export function likelyBoundNs(
  units: UnitList,
  { startNs, endNs, direction, limit }: Pick<LogTask, 'startNs' | 'endNs' | 'direction' | 'limit'>,
): bigint | undefined {
  const backward = direction === 'backward';
  const first = units.at(0);
  if (first === undefined) return undefined;
  const beginNs = backward ? minNs(first.lastNs, endNs - 1n) : maxNs(first.firstNs, startNs);
  /** How far into the scan a time lies. */
  const depthOf = (ns: bigint): number => Number(backward ? beginNs - ns : ns - beginNs);
  const looked = Array.from(
    { length: Math.min(units.length, unitsMax + 1) },
    (_, i) => units.at(i) as PlannedUnit,
  );
  const spans = looked.map(({ firstNs, lastNs, entries }): Span => {
    const [near, far] = backward ? [depthOf(lastNs), depthOf(firstNs)] : [depthOf(firstNs), depthOf(lastNs)];
    return { near, far, entries };
  });
  const wanted = limit * expectedShare + expectedMore;
  const end = depthOf(backward ? startNs : endNs - 1n);
  let high = 1;
  while (expected(spans, high) < wanted) {
    high *= 2;
    if (high >= end) return undefined;
  }
  let low = high / 2;
  for (let i = 0; i < halvings; i++) {
    const middle = (low + high) / 2;
    if (expected(spans, middle) < wanted) low = middle;
    else high = middle;
  }
  if ((spans[unitsMax]?.near ?? Number.POSITIVE_INFINITY) <= high) return undefined;
  const depthNs = BigInt(Math.ceil(high));
  return backward ? beginNs - depthNs : beginNs + depthNs;
}

/** A unit's entries and where they begin and end. */
interface Span {
  readonly near: number;
  readonly far: number;
  readonly entries: number;
}

/** Entries not deeper than `depth`. Spans come by where they begin. */
function expected(spans: readonly Span[], depth: number): number {
  let sum = 0;
  for (const { near, far, entries } of spans) {
    if (near > depth) break;
    if (far < 0) continue;
    const from = Math.max(0, near);
    sum += (entries * (Math.min(far, depth) - from + 1)) / (far - near + 1);
  }
  return sum;
}
