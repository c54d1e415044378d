// The series of one range aggregation over all steps: scanned, or joined from steps kept and steps scanned.
import { floorDiv, nsPerMs } from '../model/time.ts';
import type { StoreView } from '../store/store.ts';
import type { Steps } from './align.ts';
import { cellKindOf } from './cell.ts';
import { type Leaf, leafKey } from './leaf.ts';
import { seriesBytes } from './query-memory.ts';
import type { QueryRun } from './query-run.ts';
import { SeriesTable } from './series-table.ts';
import { joinSteps, type KeptSteps, type Lookup, lastNs, type StepCache } from './step-cache.ts';
import type { StepSeries } from './step-series.ts';
import { foldWindows } from './window-fold.ts';
import { WindowGrid } from './window-grid.ts';

interface Scanned extends KeptSteps {
  readonly view: StoreView | undefined;
}

/** Series without a point may be among them. Throws QueryLimitError when they need too much memory. */
export async function seriesOverSteps(
  leaf: Leaf,
  steps: Steps,
  run: QueryRun,
): Promise<readonly StepSeries[]> {
  const { cache } = run;
  // Instant queries and single steps: there is nothing to join.
  if (cache === undefined || steps.count < 2) return (await scanSteps(leaf, steps, run)).series;
  const phase = steps.startNs - floorDiv(steps.startNs, steps.stepNs) * steps.stepNs;
  const lookup: Lookup = {
    key: `${run.context.tenant}\n${steps.stepNs} ${phase}\n${leafKey(leaf)}`,
    steps,
    offsetNs: leaf.aggregation.offsetNs,
  };
  const mark = cache.mark();
  const nowNs = BigInt(Date.now()) * nsPerMs;
  const extended = run.context.ignoreCache ? undefined : await extendKept(leaf, lookup, cache, run);
  const { series, view } = extended ?? (await scanSteps(leaf, steps, run));
  // Kept steps could not tell that blocks were left out of them.
  if (view !== undefined && run.warnings.length === 0)
    cache.keep(lookup, series, { mark, removals: view.removals, nowNs });
  return series;
}

/** Scans what is missing before and after the kept steps; undefined: nothing kept is of use. */
async function extendKept(
  leaf: Leaf,
  lookup: Lookup,
  cache: StepCache,
  run: QueryRun,
): Promise<Scanned | undefined> {
  const { steps } = lookup;
  const { stepNs } = steps;
  const found = cache.find(lookup);
  if (found === undefined) return undefined;
  const lastStepNs = lastNs(steps);
  // At least the last step is scanned: the scan tells whether entries were hidden or deleted.
  const keptEndNs = lastNs(found.steps) === lastStepNs ? lastStepNs - stepNs : lastNs(found.steps);
  if (keptEndNs < found.steps.startNs) return undefined;
  const after = await scanSteps(leaf, stepsBetween(keptEndNs + stepNs, lastStepNs, stepNs), run);
  if (after.view === undefined || after.view.removals !== found.removals) {
    cache.forget(lookup.key);
    return undefined;
  }
  const { rangeNs, offsetNs } = leaf.aggregation;
  const steadyNs = after.view.steadyFromNs + rangeNs + offsetNs;
  const behind = steadyNs - found.steps.startNs;
  const skipped = behind > 0n ? -floorDiv(-behind, stepNs) : 0n;
  const keptStartNs = found.steps.startNs + skipped * stepNs;
  if (keptStartNs > keptEndNs) return undefined;
  const kept = stepsBetween(keptStartNs, keptEndNs, stepNs);
  const parts: KeptSteps[] = [{ steps: kept, series: joinSteps(kept, [found]) }, after];
  if (keptStartNs > steps.startNs)
    parts.push(await scanSteps(leaf, stepsBetween(steps.startNs, keptStartNs - stepNs, stepNs), run));
  const series = joinSteps(steps, parts);
  run.memory.grow(series.length * seriesBytes(steps.count));
  return { steps, series, view: after.view };
}

async function scanSteps(leaf: Leaf, steps: Steps, run: QueryRun): Promise<Scanned> {
  const { aggregation } = leaf;
  const parts = await run.scan({ kind: 'range', leaf, steps, useStatistics: run.useStatistics });
  const grid = new WindowGrid(steps, aggregation.rangeNs, aggregation.offsetNs);
  const memory = run.memoryShare();
  const table = new SeriesTable(cellKindOf(aggregation), grid.slots, memory);
  for (const part of parts) {
    if (part.kind !== 'range') continue;
    table.merge(part.table);
    run.memory.grow(-part.memoryBytes);
  }
  run.memory.grow(table.size * seriesBytes(steps.count));
  const series = foldWindows(table, { aggregation, grid, steps });
  memory.leave();
  return { steps, series, view: parts[0]?.counts.view };
}

const stepsBetween = (startNs: bigint, endNs: bigint, stepNs: bigint): Steps => ({
  startNs,
  stepNs,
  count: Number((endNs - startNs) / stepNs) + 1,
});
