// Log volume by level: stacked bars in SVG, with a table of the same figures for those who do not see it.
import { element, svgElement } from './element.ts';
import { formatClock, formatCount, formatDay } from './format.ts';
import type { Series } from './gateway.ts';
import { type Level, levelOf, levels } from './levels.ts';

/** Bars aimed at; the step is the next round one. */
const barsMax = 60;
const niceSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];

/** Seconds of one bar. */
export function barSeconds(rangeSeconds: number): number {
  const wanted = rangeSeconds / barsMax;
  return niceSteps.find((step) => step >= wanted) ?? 86_400 * Math.ceil(wanted / 86_400);
}

/** The query behind the bars. */
export const volumeQuery = (query: string, stepSeconds: number): string =>
  `sum by (detected_level) (count_over_time(${query} [${stepSeconds}s]))`;

export interface HistogramData {
  readonly series: readonly Series[];
  readonly stepSeconds: number;
  /** Unix seconds of the first and the last bar's end; both multiples of the step. */
  readonly firstSeconds: number;
  readonly lastSeconds: number;
}

const width = 1000;
const height = 110;

/** Draws into the figure; hides it when there is nothing to show. `onBar` gets the bounds of a bar that is clicked. */
export function showHistogram(
  figure: HTMLElement,
  data: HistogramData,
  onBar: (fromMs: number, toMs: number) => void,
): void {
  const bars = barsOf(data);
  const highest = Math.max(0, ...bars.map(({ total }) => total));
  figure.hidden = highest === 0;
  if (highest === 0) return;

  const slot = width / bars.length;
  const picture = svgElement('svg', {
    viewBox: `0 0 ${width} ${height}`,
    preserveAspectRatio: 'none',
    'aria-hidden': 'true',
  });
  for (const [index, bar] of bars.entries()) {
    if (bar.total === 0) continue;
    const group = svgElement('g', {}, svgElement('title', {}, describe(bar, data.stepSeconds)));
    let top = height;
    for (const level of levels) {
      const count = bar.counts.get(level) ?? 0;
      if (count === 0) continue;
      const size = (count / highest) * height;
      top -= size;
      group.append(
        svgElement('rect', {
          class: `level-${level}`,
          x: index * slot + slot * 0.08,
          y: top,
          width: slot * 0.84,
          height: size,
        }),
      );
    }
    group.append(svgElement('rect', { class: 'touch', x: index * slot, y: 0, width: slot, height }));
    group.addEventListener('click', () =>
      onBar((bar.endSeconds - data.stepSeconds) * 1000, bar.endSeconds * 1000),
    );
    picture.append(group);
  }
  figure.replaceChildren(
    element('div', { class: 'plot' }, element('span', { class: 'highest' }, formatCount(highest)), picture),
    axis(data),
    legend(bars),
    table(bars, data.stepSeconds),
  );
}

interface Bar {
  readonly endSeconds: number;
  readonly counts: Map<Level, number>;
  total: number;
}

function barsOf({ series, stepSeconds, firstSeconds, lastSeconds }: HistogramData): readonly Bar[] {
  const count = Math.min(barsMax * 4, Math.round((lastSeconds - firstSeconds) / stepSeconds) + 1);
  const bars = Array.from(
    { length: Math.max(1, count) },
    (_, index): Bar => ({ endSeconds: firstSeconds + index * stepSeconds, counts: new Map(), total: 0 }),
  );
  for (const { labels, points } of series) {
    const level = levelOf(labels.detected_level);
    for (const [seconds, value] of points) {
      const bar = bars[Math.round((seconds - firstSeconds) / stepSeconds)];
      if (bar === undefined) continue;
      bar.counts.set(level, (bar.counts.get(level) ?? 0) + value);
      bar.total += value;
    }
  }
  return bars;
}

const moment = (seconds: number): string => {
  const at = new Date(seconds * 1000);
  return `${formatDay(at)} ${formatClock(at)}`;
};

const describe = (bar: Bar, stepSeconds: number): string =>
  [
    moment(bar.endSeconds - stepSeconds),
    ...[...bar.counts].map(([level, count]) => `${level}: ${count}`),
  ].join('\n');

function axis({ firstSeconds, lastSeconds, stepSeconds }: HistogramData): HTMLElement {
  const start = firstSeconds - stepSeconds;
  const long = lastSeconds - start > 86_400;
  const marks = [start, (start + lastSeconds) / 2, lastSeconds].map((seconds) => {
    const text = moment(seconds);
    return element('span', {}, long ? text.slice(5, 16) : text.slice(11));
  });
  return element('div', { class: 'axis', 'aria-hidden': 'true' }, ...marks);
}

const totalOf = (bars: readonly Bar[], level: Level): number =>
  bars.reduce((sum, bar) => sum + (bar.counts.get(level) ?? 0), 0);

function legend(bars: readonly Bar[]): HTMLElement {
  const items = levels
    .map((level) => ({ level, total: totalOf(bars, level) }))
    .filter(({ total }) => total > 0)
    .map(({ level, total }) =>
      element('span', {}, element('i', { class: `swatch level-${level}` }), `${level} ${formatCount(total)}`),
    );
  return element('figcaption', { class: 'legend' }, ...items);
}

function table(bars: readonly Bar[], stepSeconds: number): HTMLElement {
  const rows = bars
    .filter(({ total }) => total > 0)
    .map((bar) =>
      element(
        'tr',
        {},
        element('th', { scope: 'row' }, moment(bar.endSeconds - stepSeconds)),
        ...levels.map((level) => element('td', {}, String(bar.counts.get(level) ?? 0))),
      ),
    );
  const head = element(
    'tr',
    {},
    element('th', { scope: 'col' }, 'From'),
    ...levels.map((level) => element('th', { scope: 'col' }, level)),
  );
  const figures = element('table', {}, element('thead', {}, head), element('tbody', {}, ...rows));
  return element('div', { class: 'hidden' }, figures);
}
