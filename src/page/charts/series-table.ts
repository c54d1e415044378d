// The series of an answer as rows, to be sorted by their newest, highest and average value.
import { button, element } from '../dom/element.ts';
import type { Series } from '../gateway/queries.ts';
import { labelText } from './label-text.ts';
import { seriesColour } from './series-plot.ts';
import { formatValue } from './series-values.ts';

const rowsMax = 500;

interface Column {
  readonly title: string;
  readonly of: (one: Series) => number;
}

const values = ({ points }: Series): readonly number[] => points.map(([, value]) => value);
const columns: readonly Column[] = [
  { title: 'Newest', of: (one) => values(one).at(-1) ?? Number.NaN },
  { title: 'Highest', of: (one) => values(one).reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY) },
  { title: 'Average', of: (one) => values(one).reduce((a, b) => a + b, 0) / one.points.length },
];

interface TableOptions {
  readonly unit: string;
  /** What the figures are of, for those who do not see it. */
  readonly label: string;
}

/** `drawn`: those of the chart, in the order of their colours. */
export function seriesTable(
  sorted: readonly Series[],
  drawn: readonly Series[],
  { unit, label }: TableOptions,
): HTMLElement {
  const body = element('tbody', {});
  const headCells: HTMLElement[] = [];
  const show = (by: Column | undefined, cell: HTMLElement | undefined): void => {
    for (const head of headCells) head.removeAttribute('aria-sort');
    cell?.setAttribute('aria-sort', 'descending');
    const rows = by === undefined ? sorted : [...sorted].sort((a, b) => by.of(b) - by.of(a));
    body.replaceChildren(...rows.slice(0, rowsMax).map((one) => seriesRow(one, drawn.indexOf(one), unit)));
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
    { class: 'scrolled', tabindex: 0, role: 'region', 'aria-label': `${label}: figures` },
    element('table', {}, element('thead', {}, head), body),
  );
}

function seriesRow(one: Series, drawnAt: number, unit: string): HTMLElement {
  const swatch = element('i', { class: 'swatch' });
  if (drawnAt >= 0) swatch.style.backgroundColor = seriesColour(drawnAt);
  return element(
    'tr',
    {},
    element('td', {}, swatch),
    element('th', { scope: 'row' }, labelText(one.labels)),
    ...columns.map(({ of }) => element('td', { class: 'number' }, formatValue(of(one), unit))),
  );
}
