// Log volume by level: stacked bars in SVG with axes, a legend that filters, and a table for those who do not see it.
// Dragging over the bars takes that time.
import { element, svgElement } from '../dom/element.ts';
import { countOf, formatCount, formatMoment, type TimeZone } from '../format.ts';
import { axisTicks, timeTicks } from './axis-ticks.ts';
import type { Bar, HistogramData } from './histogram-data.ts';
import { type Level, levels } from './levels.ts';

const width = 1000;
const height = 100;
const edgeShare = 0.04;

export interface HistogramActions {
  readonly onSpan: (fromMs: number, toMs: number) => void;
  /** A level of the legend was chosen. */
  readonly onLevel: (level: Level) => void;
}

/** Draws into the figure; hides it when there is nothing to show. `chosen`: levels that the query keeps. */
export function showHistogram(
  figure: HTMLElement,
  data: HistogramData | undefined,
  { zone, chosen }: { readonly zone: TimeZone; readonly chosen: readonly string[] | undefined },
  actions: HistogramActions,
): void {
  const highest = Math.max(0, ...(data?.bars ?? []).map(({ total }) => total));
  figure.hidden = highest === 0;
  if (data === undefined || highest === 0) {
    figure.replaceChildren();
    return;
  }
  const ticks = axisTicks(highest, 3);
  const top = ticks.at(-1) ?? highest;
  figure.replaceChildren(
    element(
      'div',
      { class: 'plot' },
      element(
        'div',
        { class: 'y-axis', 'aria-hidden': 'true' },
        ...ticks.toReversed().map((tick) => element('span', {}, formatCount(tick))),
      ),
      picture(data, top, zone, actions.onSpan),
      xAxis(data, zone),
    ),
    legend(data.bars, chosen, actions.onLevel),
    table(data, zone),
  );
}

function picture(
  { bars, stepSeconds }: HistogramData,
  top: number,
  zone: TimeZone,
  onSpan: HistogramActions['onSpan'],
): HTMLElement {
  const slot = width / bars.length;
  const svg = svgElement('svg', {
    viewBox: `0 0 ${width} ${height}`,
    preserveAspectRatio: 'none',
    'aria-hidden': 'true',
  });
  for (const [index, bar] of bars.entries()) {
    let y = height;
    for (const level of levels) {
      const size = ((bar.counts.get(level) ?? 0) / top) * height;
      if (size === 0) continue;
      y -= size;
      const x = index * slot + slot * 0.08;
      svg.append(svgElement('rect', { class: `level-${level}`, x, y, width: slot * 0.84, height: size }));
    }
  }
  const hover = element('p', { class: 'tip', hidden: true });
  const chosen = element('div', { class: 'chosen-span', hidden: true });
  const area = element('div', { class: 'bars' }, svg, chosen, hover);
  const indexAt = ({ clientX }: PointerEvent): number => {
    const box = area.getBoundingClientRect();
    return Math.min(
      bars.length - 1,
      Math.max(0, Math.floor(((clientX - box.left) / box.width) * bars.length)),
    );
  };
  let from: number | undefined;
  const mark = (first: number, last: number): void => {
    chosen.hidden = false;
    chosen.style.left = `${(first / bars.length) * 100}%`;
    chosen.style.width = `${((last - first + 1) / bars.length) * 100}%`;
  };
  area.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    from = indexAt(event);
    area.setPointerCapture(event.pointerId);
  });
  area.addEventListener('pointermove', (event) => {
    const at = indexAt(event);
    const bar = bars[at];
    if (bar !== undefined) {
      hover.hidden = false;
      hover.textContent = describe(bar, stepSeconds, zone);
      hover.classList.toggle('left', at > bars.length / 2);
    }
    mark(Math.min(from ?? at, at), Math.max(from ?? at, at));
  });
  const leave = (): void => {
    hover.hidden = true;
    chosen.hidden = true;
  };
  area.addEventListener('pointerleave', () => {
    if (from === undefined) leave();
  });
  area.addEventListener('pointercancel', () => {
    from = undefined;
    leave();
  });
  area.addEventListener('pointerup', (event) => {
    if (from === undefined) return;
    const ends = [from, indexAt(event)].sort((a, b) => a - b).map((index) => bars[index]?.endSeconds ?? 0);
    from = undefined;
    onSpan(((ends[0] ?? 0) - stepSeconds) * 1000, (ends[1] ?? 0) * 1000);
  });
  return area;
}

const describe = ({ endSeconds, counts, total }: Bar, stepSeconds: number, zone: TimeZone): string =>
  [
    `${formatMoment((endSeconds - stepSeconds) * 1000, zone)} – ${formatMoment(endSeconds * 1000, zone).slice(11)}`,
    countOf(total, 'line'),
    ...levels.flatMap((level) => (counts.has(level) ? [`${level}: ${counts.get(level)}`] : [])),
  ].join('\n');

function xAxis({ bars, stepSeconds }: HistogramData, zone: TimeZone): HTMLElement {
  const fromMs = ((bars[0]?.endSeconds ?? 0) - stepSeconds) * 1000;
  const toMs = (bars.at(-1)?.endSeconds ?? 0) * 1000;
  const marks = timeTicks(fromMs, toMs, zone, 5).flatMap(({ ms, text }) => {
    const share = (ms - fromMs) / (toMs - fromMs);
    // Half of it would be beyond the edge.
    if (share < edgeShare || share > 1 - edgeShare) return [];
    const mark = element('span', {}, text);
    mark.style.left = `${share * 100}%`;
    return [mark];
  });
  return element('div', { class: 'x-axis', 'aria-hidden': 'true' }, ...marks);
}

function legend(
  bars: readonly Bar[],
  chosen: readonly string[] | undefined,
  onLevel: (level: Level) => void,
): HTMLElement {
  const items = levels.flatMap((level) => {
    const total = bars.reduce((sum, { counts }) => sum + (counts.get(level) ?? 0), 0);
    if (total === 0 && chosen?.includes(level) !== true) return [];
    const item = element(
      'button',
      {
        type: 'button',
        'aria-pressed': String(chosen?.includes(level) ?? false),
        title: `Only ${level}, or all again`,
      },
      element('i', { class: `swatch level-${level}` }),
      `${level} ${formatCount(total)}`,
    );
    item.addEventListener('click', () => onLevel(level));
    return [item];
  });
  return element('figcaption', { class: 'legend' }, ...items);
}

function table({ bars, stepSeconds }: HistogramData, zone: TimeZone): HTMLElement {
  const rows = bars
    .filter(({ total }) => total > 0)
    .map(({ endSeconds, counts }) =>
      element(
        'tr',
        {},
        element('th', { scope: 'row' }, formatMoment((endSeconds - stepSeconds) * 1000, zone)),
        ...levels.map((level) => element('td', {}, String(counts.get(level) ?? 0))),
      ),
    );
  const head = element('tr', {}, ...['From', ...levels].map((text) => element('th', { scope: 'col' }, text)));
  const figures = element('table', {}, element('thead', {}, head), element('tbody', {}, ...rows));
  return element('div', { class: 'hidden' }, figures);
}
