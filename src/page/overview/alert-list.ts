// Alerts that are pending or firing: what, since when, and what their rule says of them.
import { button, element } from '../dom/element.ts';
import { formatMoment, type TimeZone } from '../format.ts';
import type { Alert } from '../gateway/alerts.ts';

const shownMax = 20;

/** Nothing when there are none. `onAlert`: an alert's name was pressed. */
export function alertList(
  alerts: readonly Alert[],
  zone: TimeZone,
  onAlert?: () => void,
): readonly HTMLElement[] {
  if (alerts.length === 0) return [];
  const firingFirst = [...alerts].sort((a, b) => (a.state < b.state ? -1 : 1));
  const rows = firingFirst.slice(0, shownMax).map(({ labels, annotations, state, activeAt }) => {
    const { alertname = '', ...others } = labels;
    const said =
      annotations?.summary ??
      annotations?.description ??
      Object.entries(others)
        .map(([name, value]) => `${name}=${value}`)
        .join(' ');
    const since = activeAt === undefined ? '' : formatMoment(Date.parse(activeAt), zone).slice(5, 16);
    return element(
      'tr',
      {},
      element(
        'th',
        { scope: 'row' },
        onAlert === undefined ? alertname : button(alertname, onAlert, { class: 'plain' }),
      ),
      element('td', {}, element('span', { class: `state state-${state}` }, state)),
      element('td', { class: 'number' }, since),
      element('td', { class: 'hint' }, said),
    );
  });
  const more = alerts.length > shownMax ? `Alerts: ${shownMax} of ${alerts.length}` : 'Alerts';
  return [element('table', { class: 'alerts' }, element('caption', {}, more), element('tbody', {}, ...rows))];
}
