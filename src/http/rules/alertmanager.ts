// Silences, and what receivers are told, by Alertmanager's API v2 under a prefix of its own: amtool and Grafana take
// `<gateway>/alertmanager` for an Alertmanager's address.
import type { AlertmanagerRequest } from '../../ruler/notify/alertmanager-api.ts';
import { answering, type Call, type Gateway, type Route } from '../server/api.ts';

const base = '/alertmanager/api/v2';
/** A silence with a hundred matchers is below it. */
const silenceBytesMax = 2 ** 20;

export function alertmanagerRoutes({ rules }: Gateway): readonly Route[] {
  const route = (
    path: string,
    methods: Route['methods'],
    requestOf: (call: Call) => AlertmanagerRequest,
  ): Route => ({
    path: base + path,
    methods,
    tenant: true,
    severalTenants: false,
    ...(methods.POST !== undefined && { bodyBytesMax: silenceBytesMax }),
    handle: answering((call) => rules.alertmanager(call.tenant, requestOf(call))),
  });
  const reading = { GET: 'query' } as const;
  return [
    route('/status', reading, () => ({ ask: 'status' })),
    route('/receivers', reading, () => ({ ask: 'receivers' })),
    route('/alerts', reading, ({ parameters }) => ({ ask: 'alerts', parameters })),
    route('/alerts/groups', reading, ({ parameters }) => ({ ask: 'groups', parameters })),
    route('/silences', { GET: 'query', POST: 'admin' }, ({ body, parameters }) =>
      body === undefined ? { ask: 'silences', parameters } : { ask: 'set', body },
    ),
    route('/silence/{id}', { GET: 'query', DELETE: 'admin' }, ({ method, path }) => ({
      ask: method === 'DELETE' ? 'expire' : 'silence',
      id: path.id ?? '',
    })),
  ];
}
