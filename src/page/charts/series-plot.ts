// Series drawn on a canvas: axes, what the pointer is over, a span that is dragged.
import uPlot from 'uplot';
import { cssColour } from '../dom/css-colour.ts';
import { formatMoment, type TimeZone } from '../format.ts';
import type { Series } from '../gateway/queries.ts';
import { labelText } from './label-text.ts';
import { type DrawKind, formatValue, stacked } from './series-values.ts';

export const plotHeightPx = 240;
/** A pointer that moved less has only clicked. */
const dragPxMin = 4;

export interface PlotOptions {
  readonly unit: string;
  readonly zone: TimeZone;
  readonly kind: DrawKind;
  /** A line at this value; undefined: none. */
  readonly bound: number | undefined;
  readonly onSpan: (fromMs: number, toMs: number) => void;
}

export const seriesColour = (index: number): string => cssColour(`--series-${index % 10}`);

export function plotSeries(holder: HTMLElement, drawn: readonly Series[], options: PlotOptions): uPlot {
  const times = [...new Set(drawn.flatMap(({ points }) => points.map(([seconds]) => seconds)))].sort(
    (a, b) => a - b,
  );
  const values = drawn.map(({ points }) => {
    const at = new Map(points);
    return times.map((seconds) => at.get(seconds) ?? null);
  });
  const { bound, kind } = options;
  const bounds = bound === undefined ? [] : [times.map(() => bound)];
  return new uPlot(
    {
      width: Math.max(200, holder.clientWidth),
      height: plotHeightPx,
      cursor: { drag: { x: true, y: false, setScale: false } },
      legend: { live: true },
      scales: { y: { range: (_, low, high) => [Math.min(0, low), high <= 0 ? 1 : high * 1.08] } },
      axes: axesOf(options),
      series: [
        timeSeries(options),
        ...drawn.map((one, index) => valueSeries(one, index, values[index] ?? [], options)),
        ...(bound === undefined ? [] : [boundSeries(bound, options)]),
      ],
      hooks: { setSelect: [(plot) => takeSpan(plot, options)] },
    },
    [times, ...(kind === 'stack' ? stacked(values) : values), ...bounds] as uPlot.AlignedData,
    holder,
  );
}

function axesOf({ unit, zone }: PlotOptions): uPlot.Axis[] {
  const line = cssColour('--line');
  const axis = { stroke: cssColour('--quiet'), grid: { stroke: line, width: 1 }, ticks: { stroke: line } };
  const tickText = (seconds: number, span: number): string => {
    const text = formatMoment(seconds * 1000, zone);
    return span > 2 * 86_400 ? text.slice(5, 16) : text.slice(11, 16);
  };
  return [
    {
      ...axis,
      values: (_, ticks) => ticks.map((at) => tickText(at, (ticks.at(-1) ?? 0) - (ticks[0] ?? 0))),
    },
    { ...axis, size: 64, values: (_, ticks) => ticks.map((at) => formatValue(at, unit)) },
  ];
}

const timeSeries = ({ zone }: PlotOptions): uPlot.Series => ({
  label: 'Time',
  value: (_, seconds) => (seconds === null ? '' : formatMoment(seconds * 1000, zone)),
});

function valueSeries(
  { labels }: Series,
  index: number,
  values: readonly (number | null)[],
  { kind, unit }: PlotOptions,
): uPlot.Series {
  const stroke = seriesColour(index);
  const paths = kind === 'bars' ? uPlot.paths.bars?.({ size: [0.8, 40] }) : undefined;
  return {
    label: labelText(labels),
    stroke,
    width: 2,
    points: { show: values.length < 3 },
    // What is drawn may be a sum; what is said is the series' own value.
    value: (_: uPlot, __: number, ___: number, at: number | null) =>
      at === null ? '' : formatValue(values[at] ?? Number.NaN, unit),
    ...(kind !== 'lines' && { fill: `color-mix(in srgb, ${stroke} 35%, transparent)` }),
    ...(paths !== undefined && { paths }),
  };
}

const boundSeries = (bound: number, { unit }: PlotOptions): uPlot.Series => ({
  label: 'bound',
  stroke: cssColour('--error'),
  width: 1,
  dash: [6, 4],
  points: { show: false },
  value: () => formatValue(bound, unit),
});

function takeSpan(plot: uPlot, { onSpan }: PlotOptions): void {
  const { left, width } = plot.select;
  if (width < dragPxMin) return;
  onSpan(Math.round(plot.posToVal(left, 'x') * 1000), Math.round(plot.posToVal(left + width, 'x') * 1000));
}
