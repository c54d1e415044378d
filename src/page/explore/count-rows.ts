// Texts with how often they occur, as bars, each to be looked for or left out.
import { levelOf } from '../charts/levels.ts';
import { button, element } from '../dom/element.ts';
import { formatCount } from '../format.ts';

export interface CountRow {
  readonly text: string;
  readonly count: number;
  readonly level?: string | undefined;
}

export interface CountActions {
  readonly onOnly: (text: string) => void;
  readonly onWithout: (text: string) => void;
}

/** The most frequent first. */
export function countRows(title: string, rows: readonly CountRow[], actions: CountActions): HTMLElement {
  const sorted = [...rows].sort((a, b) => b.count - a.count);
  const most = sorted[0]?.count ?? 1;
  return element(
    'table',
    { class: 'counts' },
    element('caption', { class: 'hidden' }, `${title}, the most frequent first`),
    element(
      'tbody',
      {},
      ...sorted.map(({ text, count, level }) => {
        const shown = text === '' ? '(none)' : text;
        const bar = element('i', { class: level === undefined ? 'bar' : `bar level-${levelOf(level)}` });
        bar.style.width = `${Math.max(1, (count / most) * 100)}%`;
        return element(
          'tr',
          {},
          element('td', { class: 'number' }, formatCount(count)),
          element(
            'td',
            { class: 'filters' },
            button('=', () => actions.onOnly(text), {
              'aria-label': `Only ${shown}`,
              title: 'Only lines with this',
            }),
            button('≠', () => actions.onWithout(text), {
              'aria-label': `Without ${shown}`,
              title: 'Only lines without this',
            }),
          ),
          element('th', { scope: 'row' }, element('span', { class: 'counted' }, shown), bar),
        );
      }),
    ),
  );
}
