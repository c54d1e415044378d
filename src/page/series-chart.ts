// The answer to a metric query: lines in one picture, and a table with each series' newest value.
import { element, svgElement } from './element.ts';
import type { Series } from './gateway.ts';

const width = 1000;
const height = 180;
/** Series drawn, and rows of the table; an answer may have hundreds. */
const drawnMax = 12;
const rowsMax = 200;

export function showSeries(section: HTMLElement, series: readonly Series[]): void {
  section.hidden = series.length === 0;
  const newest = (one: Series): number => one.points.at(-1)?.[1] ?? Number.NaN;
  const sorted = [...series].sort((a, b) => newest(b) - newest(a));
  const drawn = sorted.slice(0, drawnMax);
  const rows = sorted
    .slice(0, rowsMax)
    .map((one, index) =>
      element(
        'tr',
        {},
        element('td', {}, element('i', { class: index < drawnMax ? `swatch series-${index}` : 'swatch' })),
        element('th', { scope: 'row' }, labelText(one)),
        element('td', { class: 'number' }, String(Number(newest(one).toPrecision(6)))),
      ),
    );
  const head = element(
    'tr',
    {},
    element('td', {}),
    element(
      'th',
      { scope: 'col' },
      series.length > rowsMax ? `${rowsMax} of ${series.length} series` : 'Series',
    ),
    element('th', { scope: 'col', class: 'number' }, 'Newest value'),
  );
  section.replaceChildren(
    picture(drawn),
    element('table', {}, element('thead', {}, head), element('tbody', {}, ...rows)),
  );
}

function picture(series: readonly Series[]): SVGSVGElement {
  const points = series.flatMap((one) => one.points).filter(([, value]) => Number.isFinite(value));
  const seconds = points.map(([at]) => at);
  const values = points.map(([, value]) => value);
  const bounds = (numbers: readonly number[]): readonly [number, number] => [
    numbers.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    numbers.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  ];
  const [first, last] = bounds(seconds);
  const [low, high] = bounds([0, ...values]);
  const x = (at: number): number => (last === first ? width / 2 : ((at - first) / (last - first)) * width);
  const y = (value: number): number =>
    high === low ? height - 2 : height - 4 - ((value - low) / (high - low)) * (height - 8);
  return svgElement(
    'svg',
    {
      viewBox: `0 0 ${width} ${height}`,
      preserveAspectRatio: 'none',
      role: 'img',
      'aria-label': `${series.length} series; the table has their newest values`,
    },
    ...series.map((one, index) =>
      svgElement('polyline', {
        class: `series-${index}`,
        points: one.points
          .filter(([, value]) => Number.isFinite(value))
          .map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`)
          .join(' '),
      }),
    ),
  );
}

function labelText({ labels }: Series): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `{${pairs.join(', ')}}`;
}
