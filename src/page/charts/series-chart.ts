// The answer to a metric query over a range: a chart, and a table of its series.
import type uPlot from 'uplot';
import { button, element } from '../dom/element.ts';
import { remember, remembered } from '../dom/remembered.ts';
import type { TimeZone } from '../format.ts';
import type { Series } from '../gateway/queries.ts';
import { plotHeightPx, plotSeries } from './series-plot.ts';
import { seriesTable } from './series-table.ts';
import { type DrawKind, drawKinds, valueUnit } from './series-values.ts';

/** Series drawn; an answer may have hundreds. */
const drawnMax = 20;
const storedAs = 'skald-chart';

export interface SeriesChartOptions {
  readonly query: string;
  readonly series: readonly Series[];
  readonly zone: TimeZone;
  /** A line at this value. */
  readonly bound?: number | undefined;
  readonly onSpan: (fromMs: number, toMs: number) => void;
  /** Beside the choice of how to draw. */
  readonly controls?: readonly HTMLElement[];
}

/** Draws into the section. Returns what takes it away again. */
export function showSeries(section: HTMLElement, options: SeriesChartOptions): () => void {
  const { series, query, zone, bound, onSpan, controls = [] } = options;
  const newest = (one: Series): number => one.points.at(-1)?.[1] ?? Number.NaN;
  const sorted = [...series].sort((a, b) => newest(b) - newest(a));
  const drawn = sorted.slice(0, drawnMax);
  const unit = valueUnit(query);
  const holder = element('div', {
    class: 'chart',
    role: 'img',
    'aria-label': `Chart of ${series.length} series`,
  });
  let plot: uPlot | undefined;
  const kinds = element('span', { class: 'choice', role: 'group', 'aria-label': 'Draw as' });
  const choose = (kind: DrawKind): void => {
    remember(storedAs, kind);
    kinds.replaceChildren(
      ...drawKinds.map((name) => button(name, () => choose(name), { 'aria-pressed': String(name === kind) })),
    );
    plot?.destroy();
    plot = plotSeries(holder, drawn, { unit, zone, kind, bound, onSpan });
  };
  const more =
    series.length > drawnMax
      ? element('p', { class: 'quiet' }, `The ${drawnMax} largest of ${series.length} series are drawn.`)
      : undefined;
  section.hidden = false;
  section.replaceChildren(
    element('div', { class: 'row wrap' }, kinds, ...controls),
    holder,
    ...(more === undefined ? [] : [more]),
    seriesTable(sorted, drawn, { unit, label: section.ariaLabel ?? '' }),
  );
  choose(drawKinds.find((kind) => kind === remembered(storedAs)) ?? 'lines');
  const sizes = new ResizeObserver(() => {
    if (holder.clientWidth > 0) plot?.setSize({ width: holder.clientWidth, height: plotHeightPx });
  });
  sizes.observe(holder);
  return () => {
    sizes.disconnect();
    plot?.destroy();
    section.replaceChildren();
    section.hidden = true;
  };
}
