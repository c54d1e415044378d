// How long lines are kept: by stream, and all others.
import { element } from '../dom/element.ts';
import { quiet } from '../dom/filled.ts';
import { readRetention } from '../gateway/access.ts';

export async function retentionView(signal: AbortSignal): Promise<readonly HTMLElement[]> {
  const { retention_period: period = '', retention_stream: streams = [] } = await readRetention(signal);
  const byPriority = [...streams].sort((a, b) => b.priority - a.priority);
  const rows = [
    ...byPriority.map(({ selector, period: own }) => [selector, own] as const),
    [streams.length > 0 ? 'all others' : 'all streams', period] as const,
  ];
  return [
    element(
      'table',
      {},
      element('caption', { class: 'hidden' }, 'Streams and how long they are kept'),
      element(
        'tbody',
        {},
        ...rows.map(([what, time]) =>
          element(
            'tr',
            {},
            element('th', { scope: 'row', class: 'counted' }, what),
            element('td', { class: 'number' }, /^0s?$/.test(time) ? 'for ever' : time),
          ),
        ),
      ),
    ),
    quiet('Set by limits_config.retention_period and retention_stream, for single tenants in overrides.'),
  ];
}
