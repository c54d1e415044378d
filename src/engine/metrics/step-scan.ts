// The series of one range aggregation over all steps: scanned, or put together from what is kept and what is scanned.

import { floorDiv, maxNs, minNs } from '../../model/time.ts';
import { seriesBytes } from '../../scan/query-memory.ts';
import { cellKindOf } from '../../scan/ranges/range-cell.ts';
import { SeriesTable } from '../../scan/ranges/series-table.ts';
import type { StepSeries } from '../../scan/ranges/step-series.ts';
import { WindowGrid } from '../../scan/ranges/window-grid.ts';
import type { Leaf, Steps, TimeSpan } from '../../store/scan-task.ts';
import type { StoreView } from '../../store/store.ts';
import { addKept, canKeepCells, type KeptCells, keepCells, usableSpan } from '../cache/cell-cache.ts';
import {
  joinSteps,
  type KeptSteps,
  keepSteps,
  lastNs,
  type StepsPart,
  stepsBetween,
  usableSteps,
} from '../cache/kept-step-ranges.ts';
import type { Found, Kept } from '../cache/step-cache.ts';
import type { QueryRun } from '../run/query-run.ts';
import { leafKey } from './range-leaf.ts';
import { foldWindows } from './window-fold.ts';

/** A range aggregation and the steps it is wanted over. */
interface StepsRequest {
  readonly leaf: Leaf;
  readonly steps: Steps;
  readonly grid: WindowGrid;
  readonly run: QueryRun;
  /** What is later is not kept. */
  readonly settledNs: bigint;
  readonly fits: (bytes: number) => boolean;
}

interface Answer {
  readonly series: readonly StepSeries[];
  readonly view: StoreView | undefined;
  readonly kept?: Kept | undefined;
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
  const key = `${run.context.tenant}\n${steps.stepNs} ${phase}\n${leafKey(leaf)}`;
  const mark = cache.mark();
  const request: StepsRequest = {
    leaf,
    steps,
    grid: gridOf(leaf, steps),
    run,
    settledNs: cache.settledNs(),
    fits: (bytes) => cache.fits(bytes),
  };
  const found = run.context.ignoreCache ? undefined : cache.find(key);
  const { series, view, kept } = (found && (await extend(request, found))) ?? (await scanAll(request));
  // What is kept could not tell that blocks were left out of it.
  if (kept === undefined || view === undefined || run.warnings.length > 0) cache.forget(key);
  else cache.keep(key, kept, { mark, removals: view.removals });
  return series;
}

/**
 * As {@link seriesOverSteps} at the one step of a query that is asked again every `everyNs`: where cells can be kept, the
 * step before is asked for, too, so that the next time finds them.
 */
export async function seriesAtRepeated(
  leaf: Leaf,
  steps: Steps,
  everyNs: bigint,
  run: QueryRun,
): Promise<readonly StepSeries[]> {
  const both = { startNs: steps.startNs - everyNs, stepNs: everyNs, count: 2 };
  const { aggregation } = leaf;
  const isWorthIt = run.cache !== undefined && aggregation.rangeNs >= everyNs * keptStepsMin;
  if (!isWorthIt || !canKeepCells(aggregation, gridOf(leaf, both))) return seriesOverSteps(leaf, steps, run);
  const series = await seriesOverSteps(leaf, both, run);
  return series.map(({ labels, values, present }) => ({
    labels,
    values: values.slice(1),
    present: present.slice(1),
  }));
}

/** Windows of fewer steps are scanned anew: little of them would be kept. */
const keptStepsMin = 3n;

/** Scans what the kept answer lacks; undefined: it is of no use. */
async function extend(request: StepsRequest, found: Found): Promise<Answer | undefined> {
  const { kept } = found;
  if (kept.kind === 'steps') return extendSteps(request, { ...found, kept });
  return canKeepCells(request.leaf.aggregation, request.grid)
    ? overCells(request, { ...found, kept })
    : undefined;
}

async function scanAll(request: StepsRequest): Promise<Answer> {
  const { leaf, steps, grid, run } = request;
  const answer = canKeepCells(leaf.aggregation, grid) ? await overCells(request) : undefined;
  if (answer !== undefined) return answer;
  const { series, view } = await scanSteps(leaf, steps, run);
  return { series, view, kept: keptSteps(request, series) };
}

/** Scans what came since the cells were kept, and what lies before them. Undefined: they are of no use after all. */
async function overCells(
  request: StepsRequest,
  found?: Found & { readonly kept: KeptCells },
): Promise<Answer | undefined> {
  const { leaf, steps, grid, run, settledNs, fits } = request;
  const { startNs, endNs } = grid;
  const usable = found && usableSpan(found.kept, grid, found.changedFromNs);
  if (found !== undefined && usable === undefined) return undefined;
  const knownNs = usable?.untilNs ?? startNs;
  // Cells are kept up to here.
  const keptNs = minNs(maxNs(settledNs, knownNs), endNs);
  const cutNs = keptNs > startNs && keptNs < endNs ? keptNs : undefined;
  const cutGrid = gridOf(leaf, steps, cutNs);
  const memory = run.memoryShare();
  const table = new SeriesTable(cellKindOf(leaf.aggregation), cutGrid.slots, memory);
  // Even if there is nothing left to scan: it tells whether entries were hidden or deleted.
  const view = await scanInto(table, request, { span: { afterNs: knownNs, untilNs: endNs }, cutNs });
  if (found !== undefined && usable !== undefined) {
    const afterNs = view?.removals === found.removals ? maxNs(usable.afterNs, steadyNs(grid, view)) : endNs;
    if (afterNs >= usable.untilNs) {
      memory.leave();
      return undefined;
    }
    if (afterNs > startNs)
      await scanInto(table, request, { span: { afterNs: startNs, untilNs: afterNs }, cutNs });
    addKept(table, grid, found.kept, { afterNs, untilNs: usable.untilNs });
  }
  const cells = keptNs > startNs && table.isExact ? keepCells(table, grid, keptNs, fits) : undefined;
  if (cutNs !== undefined) table.joinSlots(cutGrid.cutSlot);
  const series = fold(table, request);
  memory.leave();
  return { series, view, kept: cells ?? keptSteps(request, series) };
}

/** The end of the last slot with times that retention is about to hide: what is kept of them is not used. */
function steadyNs(grid: WindowGrid, { steadyFromNs }: StoreView): bigint {
  const goneNs = steadyFromNs - 1n;
  return goneNs > grid.startNs ? grid.slotEndNs(grid.slotOf(goneNs)) : grid.startNs;
}

/** Scans what is missing before and after the kept steps; undefined: nothing kept is of use. */
async function extendSteps(
  request: StepsRequest,
  { kept: found, removals, changedFromNs }: Found & { readonly kept: KeptSteps },
): Promise<Answer | undefined> {
  const { leaf, steps, run } = request;
  const { stepNs } = steps;
  const { rangeNs, offsetNs } = leaf.aggregation;
  const usable = usableSteps(found, steps, { changedFromNs, offsetNs });
  if (usable === undefined) return undefined;
  const lastStepNs = lastNs(steps);
  // At least the last step is scanned: the scan tells whether entries were hidden or deleted.
  const keptEndNs = lastNs(usable) === lastStepNs ? lastStepNs - stepNs : lastNs(usable);
  if (keptEndNs < usable.startNs) return undefined;
  const after = await scanSteps(leaf, stepsBetween(keptEndNs + stepNs, lastStepNs, stepNs), run);
  if (after.view === undefined || after.view.removals !== removals) return undefined;
  const behind = after.view.steadyFromNs + rangeNs + offsetNs - usable.startNs;
  const skipped = behind > 0n ? -floorDiv(-behind, stepNs) : 0n;
  const keptStartNs = usable.startNs + skipped * stepNs;
  if (keptStartNs > keptEndNs) return undefined;
  const kept = stepsBetween(keptStartNs, keptEndNs, stepNs);
  const parts: StepsPart[] = [{ steps: kept, series: joinSteps(kept, [found]) }, after];
  if (keptStartNs > steps.startNs)
    parts.push(await scanSteps(leaf, stepsBetween(steps.startNs, keptStartNs - stepNs, stepNs), run));
  const series = joinSteps(steps, parts);
  run.memory.grow(series.length * seriesBytes(steps.count));
  return { series, view: after.view, kept: keptSteps(request, series) };
}

async function scanSteps(
  leaf: Leaf,
  steps: Steps,
  run: QueryRun,
): Promise<StepsPart & { readonly view: StoreView | undefined }> {
  const grid = gridOf(leaf, steps);
  const memory = run.memoryShare();
  const table = new SeriesTable(cellKindOf(leaf.aggregation), grid.slots, memory);
  const view = await scanInto(table, { leaf, steps, run }, {});
  const series = fold(table, { leaf, steps, grid, run });
  memory.leave();
  return { steps, series, view };
}

/** Adds what the scan finds to the table, whose grid is that of the steps with the cut. */
async function scanInto(
  table: SeriesTable,
  { leaf, steps, run }: Pick<StepsRequest, 'leaf' | 'steps' | 'run'>,
  { span, cutNs }: { readonly span?: TimeSpan; readonly cutNs?: bigint | undefined },
): Promise<StoreView | undefined> {
  const parts = await run.scan({
    kind: 'range',
    leaf,
    steps,
    ...(span !== undefined && { span }),
    ...(cutNs !== undefined && { cutNs }),
    useStatistics: run.useStatistics,
  });
  for (const part of parts) {
    if (part.kind !== 'range') continue;
    table.merge(part.table);
    run.memory.grow(-part.memoryBytes);
  }
  return parts[0]?.counts.view;
}

function fold(
  table: SeriesTable,
  { leaf, steps, grid, run }: Pick<StepsRequest, 'leaf' | 'steps' | 'grid' | 'run'>,
): StepSeries[] {
  run.memory.grow(table.size * seriesBytes(steps.count));
  return foldWindows(table, { aggregation: leaf.aggregation, grid, steps });
}

const gridOf = ({ aggregation }: Leaf, steps: Steps, cutNs?: bigint): WindowGrid =>
  new WindowGrid(steps, aggregation.rangeNs, aggregation.offsetNs, cutNs);

const keptSteps = (
  { leaf, steps, settledNs }: StepsRequest,
  series: readonly StepSeries[],
): Kept | undefined => keepSteps({ steps, series }, { settledNs, offsetNs: leaf.aggregation.offsetNs });
