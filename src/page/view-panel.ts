// How lines are shown: wrapping, order, time zone, density, columns.
import { withColumn } from './display.ts';
import { button, byId, element } from './dom/element.ts';
import type { Display, PageStore } from './state.ts';

export function viewPanel(store: PageStore, onDisplay: (display: Display) => void): void {
  const panel = byId('view', HTMLElement);
  const change = (part: Partial<Display>): void => onDisplay({ ...store.get().display, ...part });
  const check = (
    text: string,
    of: (display: Display) => boolean,
    onChange: (checked: boolean) => void,
  ): HTMLElement => {
    const box = element('input', { type: 'checkbox' });
    box.addEventListener('change', () => onChange(box.checked));
    store.watch(
      ({ display }) => of(display),
      (checked) => {
        box.checked = checked;
      },
    );
    return element('label', { class: 'check' }, box, ` ${text}`);
  };
  const columns = element('span', { class: 'chips' });
  const name = element('input', {
    placeholder: 'label or field',
    'aria-label': 'Label or field for a column',
  });
  const add = (): void => {
    const wanted = name.value.trim();
    if (wanted === '' || store.get().display.columns.includes(wanted)) return;
    onDisplay(withColumn(store.get().display, wanted));
    name.value = '';
  };
  name.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') add();
  });
  panel.replaceChildren(
    element(
      'div',
      { class: 'row wrap' },
      check(
        'Wrap lines',
        ({ wrap }) => wrap,
        (wrap) => change({ wrap }),
      ),
      check(
        'Oldest first',
        ({ oldestFirst }) => oldestFirst,
        (oldestFirst) => change({ oldestFirst }),
      ),
      check(
        'UTC',
        ({ zone }) => zone === 'utc',
        (utc) => change({ zone: utc ? 'utc' : 'local' }),
      ),
      check(
        'Compact',
        ({ compact }) => compact,
        (compact) => change({ compact }),
      ),
    ),
    element('div', { class: 'row wrap' }, 'Columns', columns, name, button('Add', add)),
  );
  store.watch(
    ({ display }) => display.columns,
    (names) => {
      columns.replaceChildren(
        ...names.map((column) =>
          button(`${column} ×`, () => onDisplay(withColumn(store.get().display, column)), {
            'aria-label': `Without column ${column}`,
          }),
        ),
      );
    },
  );
}
