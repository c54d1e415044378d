// The answer to a metric query: a chart with axes and what the pointer is over, and a sortable table of the series.
import uPlot from 'uplot';
import { cssColour } from '../dom/css-colour.ts';
import { button, element } from '../dom/element.ts';
import { remember, remembered } from '../dom/remembered.ts';
import { formatMoment, type TimeZone } from '../format.ts';
import type { Labels } from '../gateway/entry.ts';
import type { Series } from '../gateway/queries.ts';
import { type DrawKind, drawKinds, formatValue, stacked, valueUnit } from './series-values.ts';

/** Series drawn, and rows of the table; an answer may have hundreds. */
const drawnMax = 20;
const rowsMax = 500;
const heightPx = 240;
const storedAs = 'skald-chart';

export interface SeriesChartOptions {
  readonly query: string;
  readonly series: readonly Series[];
  readonly zone: TimeZone;
  readonly onSpan: (fromMs: number, toMs: number) => void;
}

/** Draws into the section. Returns what takes it away again. */
export function showSeries(section: HTMLElement, options: SeriesChartOptions): () => void {
  const { series, query } = options;
  const newest = (one: Series): number => one.points.at(-1)?.[1] ?? Number.NaN;
  const sorted = [...series].sort((a, b) => newest(b) - newest(a));
  const drawn = sorted.slice(0, drawnMax);
  const unit = valueUnit(query);
  const holder = element('div', {
    class: 'chart',
    role: 'img',
    'aria-label': `Chart of ${series.length} series`,
  });
  let chart: uPlot | undefined;
  const draw = (kind: DrawKind): void => {
    chart?.destroy();
    chart = chartOf(holder, drawn, kind, options);
  };
  const kinds = element('div', { class: 'row', role: 'group', 'aria-label': 'Draw as' });
  const choose = (kind: DrawKind): void => {
    remember(storedAs, kind);
    kinds.replaceChildren(
      ...drawKinds.map((name) => button(name, () => choose(name), { 'aria-pressed': String(name === kind) })),
    );
    draw(kind);
  };
  const more =
    series.length > drawnMax ? `The ${drawnMax} largest of ${series.length} series are drawn.` : '';
  section.replaceChildren(
    kinds,
    holder,
    element('p', { class: 'quiet' }, more),
    seriesTable(sorted, drawn, unit),
  );
  section.hidden = false;
  choose(drawKinds.find((kind) => kind === remembered(storedAs)) ?? 'lines');
  const sizes = new ResizeObserver(() => {
    if (chart !== undefined && holder.clientWidth > 0)
      chart.setSize({ width: holder.clientWidth, height: heightPx });
  });
  sizes.observe(holder);
  return () => {
    sizes.disconnect();
    chart?.destroy();
    section.replaceChildren();
    section.hidden = true;
  };
}

const seriesColour = (index: number): string => cssColour(`--series-${index % 10}`);

function chartOf(
  holder: HTMLElement,
  drawn: readonly Series[],
  kind: DrawKind,
  { query, zone, onSpan }: SeriesChartOptions,
): uPlot {
  const times = [...new Set(drawn.flatMap(({ points }) => points.map(([seconds]) => seconds)))].sort(
    (a, b) => a - b,
  );
  const values = drawn.map(({ points }) => {
    const at = new Map(points);
    return times.map((seconds) => at.get(seconds) ?? null);
  });
  const unit = valueUnit(query);
  const [quiet, line] = [cssColour('--quiet'), cssColour('--line')];
  const shown = kind === 'stack' ? stacked(values) : values;
  const paths = kind === 'bars' ? uPlot.paths.bars?.({ size: [0.8, 40] }) : undefined;
  const axis = { stroke: quiet, grid: { stroke: line, width: 1 }, ticks: { stroke: line } };
  const tickText = (seconds: number, span: number): string => {
    const text = formatMoment(seconds * 1000, zone);
    return span > 2 * 86_400 ? text.slice(5, 16) : text.slice(11, 16);
  };
  const plot = new uPlot(
    {
      width: Math.max(200, holder.clientWidth),
      height: heightPx,
      cursor: { drag: { x: true, y: false, setScale: false } },
      legend: { live: true },
      scales: { y: { range: (_, low, high) => [Math.min(0, low), high <= 0 ? 1 : high * 1.08] } },
      axes: [
        {
          ...axis,
          values: (_, ticks) => ticks.map((at) => tickText(at, (ticks.at(-1) ?? 0) - (ticks[0] ?? 0))),
        },
        { ...axis, size: 64, values: (_, ticks) => ticks.map((at) => formatValue(at, unit)) },
      ],
      series: [
        {
          label: 'Time',
          value: (_, seconds) => (seconds === null ? '' : formatMoment(seconds * 1000, zone)),
        },
        ...drawn.map(({ labels }, index) => ({
          label: labelText(labels),
          stroke: seriesColour(index),
          width: 2,
          points: { show: times.length < 3 },
          // What is drawn is a sum; what is said is the series' own value.
          value: (_: uPlot, __: number, ___: number, at: number | null) =>
            at === null ? '' : formatValue(values[index]?.[at] ?? Number.NaN, unit),
          ...(kind === 'lines'
            ? {}
            : { fill: `color-mix(in srgb, ${seriesColour(index)} 35%, transparent)` }),
          ...(paths !== undefined && { paths }),
        })),
      ],
      hooks: {
        setSelect: [
          (self) => {
            const { left, width } = self.select;
            if (width < 4) return;
            onSpan(
              Math.round(self.posToVal(left, 'x') * 1000),
              Math.round(self.posToVal(left + width, 'x') * 1000),
            );
          },
        ],
      },
    },
    [times, ...shown] as uPlot.AlignedData,
    holder,
  );
  return plot;
}

export const labelText = (labels: Labels): string =>
  `{${Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(', ')}}`;

interface Column {
  readonly title: string;
  readonly of: (one: Series) => number;
}

function seriesTable(sorted: readonly Series[], drawn: readonly Series[], unit: string): HTMLElement {
  const values = ({ points }: Series): readonly number[] => points.map(([, value]) => value);
  const columns: readonly Column[] = [
    { title: 'Newest', of: (one) => values(one).at(-1) ?? Number.NaN },
    { title: 'Highest', of: (one) => values(one).reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY) },
    { title: 'Average', of: (one) => values(one).reduce((a, b) => a + b, 0) / one.points.length },
  ];
  const body = element('tbody', {});
  const headCells: HTMLElement[] = [];
  const show = (by: Column | undefined, cell: HTMLElement | undefined): void => {
    for (const head of headCells) head.removeAttribute('aria-sort');
    cell?.setAttribute('aria-sort', 'descending');
    const rows = by === undefined ? sorted : [...sorted].sort((a, b) => by.of(b) - by.of(a));
    body.replaceChildren(
      ...rows.slice(0, rowsMax).map((one) => {
        const index = drawn.indexOf(one);
        const swatch = element('i', { class: 'swatch' });
        if (index >= 0) swatch.style.backgroundColor = seriesColour(index);
        return element(
          'tr',
          {},
          element('td', {}, swatch),
          element('th', { scope: 'row' }, labelText(one.labels)),
          ...columns.map(({ of }) => element('td', { class: 'number' }, formatValue(of(one), unit))),
        );
      }),
    );
  };
  for (const column of columns) {
    const cell = element('th', { scope: 'col', class: 'number' });
    cell.append(button(column.title, () => show(column, cell), { class: 'plain', title: 'Sort by this' }));
    headCells.push(cell);
  }
  show(undefined, headCells[0]);
  const title = sorted.length > rowsMax ? `${rowsMax} of ${sorted.length} series` : 'Series';
  const head = element('tr', {}, element('td', {}), element('th', { scope: 'col' }, title), ...headCells);
  return element(
    'div',
    { class: 'scrolled', tabindex: 0, role: 'region', 'aria-label': 'Values of the series' },
    element('table', {}, element('thead', {}, head), body),
  );
}
