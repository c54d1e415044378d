// What became of a rule's alerts, the newest first.

import { labelText } from '../charts/label-text.ts';
import { element } from '../dom/element.ts';
import { formatMoment, type TimeZone } from '../format.ts';
import type { Transition } from '../gateway/rule-history.ts';

export function transitionTable(transitions: readonly Transition[], zone: TimeZone): HTMLElement {
  const rows = transitions.map(({ time, to, labels, value }) => {
    const { alertname: _, ...own } = labels;
    return element(
      'tr',
      {},
      element('th', { scope: 'row' }, formatMoment(Date.parse(time), zone).slice(5)),
      element('td', {}, element('span', { class: `state state-${to}` }, to)),
      element('td', { class: 'number' }, value),
      element('td', { class: 'hint' }, labelText(own)),
    );
  });
  return element(
    'table',
    { class: 'transitions' },
    element('caption', {}, 'What became of it'),
    element('tbody', {}, ...rows),
  );
}
