// Queries asked before, and those with a name: to run again, to name, to take along to another browser.
import { button, byId, element } from '../dom/element.ts';
import { saveFile } from '../dom/save-file.ts';
import {
  exportedQueries,
  forgetQuery,
  importQueries,
  pastQueries,
  savedQueries,
  saveQuery,
} from './saved-queries.ts';

const shownMax = 15;

export interface QueriesPanelOptions {
  /** What the field holds now. */
  readonly current: () => string;
  readonly onRun: (query: string) => void;
  readonly say: (text: string) => void;
}

export function queriesPanel({ current, onRun, say }: QueriesPanelOptions): { show(): void } {
  const panel = byId('queries', HTMLElement);
  const name = element('input', { placeholder: 'Name', 'aria-label': 'Name for this query' });
  const file = element('input', {
    type: 'file',
    accept: '.json',
    class: 'hidden',
    'aria-label': 'File to import',
    tabindex: -1,
  });
  const lists = element('div', {});

  const save = (): void => {
    if (name.value.trim() === '' || current().trim() === '') {
      name.focus();
      return;
    }
    saveQuery({ name: name.value.trim(), query: current().trim() });
    name.value = '';
    show();
  };
  name.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') save();
  });
  file.addEventListener('change', () => {
    void file.files?.[0]?.text().then((text) => {
      const count = importQueries(text);
      say(
        count === undefined ? 'The file holds no saved queries of this page.' : `${count} queries imported.`,
      );
      file.value = '';
      show();
    });
  });
  panel.replaceChildren(
    element(
      'div',
      { class: 'row wrap' },
      name,
      button('Save this query', save),
      button('Export', () => saveFile('skald-queries.json', [exportedQueries()], 'application/json')),
      button('Import', () => file.click()),
      file,
    ),
    lists,
  );

  const show = (): void => {
    const saved = savedQueries().map((one) =>
      element(
        'li',
        {},
        element('strong', {}, one.name),
        button(one.query, () => onRun(one.query), { class: 'code' }),
        button(
          '×',
          () => {
            forgetQuery(one.name);
            show();
          },
          { 'aria-label': `Forget ${one.name}` },
        ),
      ),
    );
    const past = pastQueries()
      .slice(0, shownMax)
      .map((query) =>
        element(
          'li',
          {},
          button(query, () => onRun(query), { class: 'code' }),
        ),
      );
    const list = (title: string, items: readonly HTMLElement[], none: string): Node[] => [
      element('h2', {}, title),
      items.length === 0
        ? element('p', { class: 'quiet' }, none)
        : element('ul', { class: 'queries' }, ...items),
    ];
    lists.replaceChildren(
      ...list('Saved', saved, 'None yet: type a name and save the query above. They stay in this browser.'),
      ...list('Asked before', past, 'None yet.'),
    );
  };
  return { show };
}
