// The answer to an instant query: a row a sample, a column a label, sorted by any of them.
import { button, element } from '../dom/element.ts';
import type { Sample } from '../gateway/queries.ts';
import { formatValue, valueUnit } from './series-values.ts';

const rowsMax = 500;
/** More labels than this are hardly read as columns. */
const columnsMax = 8;

export interface SamplesOptions {
  readonly query: string;
  readonly samples: readonly Sample[];
}

type Order = (a: Sample, b: Sample) => number;

/** Draws into the section. Returns what takes it away again. */
export function showSamples(
  section: HTMLElement,
  { query, samples }: SamplesOptions,
  controls: readonly HTMLElement[],
): () => void {
  const unit = valueUnit(query);
  const names = [...new Set(samples.flatMap(({ labels }) => Object.keys(labels)))]
    .sort()
    .slice(0, columnsMax);
  const most = samples.reduce((highest, { value }) => Math.max(highest, Math.abs(value)), 0);
  const body = element('tbody', {});
  const headCells: HTMLElement[] = [];
  const show = (order: Order, cell: HTMLElement | undefined, direction: string): void => {
    for (const head of headCells) head.removeAttribute('aria-sort');
    cell?.setAttribute('aria-sort', direction);
    const sorted = [...samples].sort(order).slice(0, rowsMax);
    body.replaceChildren(...sorted.map((sample) => sampleRow(sample, names, { unit, most })));
  };
  const head = (title: string, order: Order, direction: string, attributes = {}): HTMLElement => {
    const cell = element('th', { scope: 'col', ...attributes });
    cell.append(button(title, () => show(order, cell, direction), { class: 'plain', title: 'Sort by this' }));
    headCells.push(cell);
    return cell;
  };
  const byValue: Order = (a, b) => b.value - a.value;
  const valueHead = head('Value', byValue, 'descending', { class: 'number' });
  const labelHeads = names.map((name) =>
    head(name, (a, b) => (a.labels[name] ?? '').localeCompare(b.labels[name] ?? ''), 'ascending'),
  );
  show(byValue, valueHead, 'descending');
  const more = samples.length > rowsMax ? `: ${rowsMax} of ${samples.length}` : '';
  section.hidden = false;
  section.replaceChildren(
    element('div', { class: 'row wrap' }, ...controls),
    element(
      'div',
      { class: 'scrolled', tabindex: 0, role: 'region', 'aria-label': `Samples${more}` },
      element(
        'table',
        { class: 'samples' },
        element('thead', {}, element('tr', {}, ...labelHeads, valueHead, element('td', {}))),
        body,
      ),
    ),
  );
  return () => {
    section.replaceChildren();
    section.hidden = true;
  };
}

function sampleRow(
  { labels, value }: Sample,
  names: readonly string[],
  { unit, most }: { readonly unit: string; readonly most: number },
): HTMLElement {
  const bar = element('i', { class: 'bar' });
  bar.style.width = `${most === 0 || !Number.isFinite(value) ? 0 : (Math.abs(value) / most) * 100}%`;
  return element(
    'tr',
    {},
    ...names.map((name) => element('td', {}, labels[name] ?? '–')),
    element('td', { class: 'number' }, formatValue(value, unit)),
    element('td', { class: 'bars-cell', 'aria-hidden': 'true' }, bar),
  );
}
