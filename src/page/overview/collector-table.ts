// What is collected, what is not and why, and what had to be repaired on the way.
import { element } from '../dom/element.ts';
import { formatCount } from '../format.ts';
import type { CollectorStatus } from '../gateway/status.ts';

export function collectorTable(collectors: readonly CollectorStatus[]): HTMLElement {
  const head = ['Collector', 'State', 'Sources', 'Lines', 'What and why'].map((text, index) =>
    element('th', { scope: 'col', class: index === 2 || index === 3 ? 'number' : undefined }, text),
  );
  return element(
    'table',
    { class: 'collectors' },
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...collectors.map(collectorRow)),
  );
}

function collectorRow({ name, state, hint, targets, entries, repairs }: CollectorStatus): HTMLElement {
  const none = state === 'off' ? '–' : '0';
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, name),
    element('td', {}, element('span', { class: `state state-${state}` }, state)),
    element('td', { class: 'number' }, targets === 0 ? none : String(targets)),
    element('td', { class: 'number' }, entries === 0 ? none : formatCount(entries)),
    element(
      'td',
      { class: 'hint' },
      ...[hint, repairs].filter((text) => text !== '').map((text) => element('p', {}, text)),
    ),
  );
}
