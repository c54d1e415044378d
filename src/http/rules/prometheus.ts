// Rules, alerts and recorded series as Prometheus shows them: `<gateway>/prometheus` is the address of a data source.
import type { RecordedRequest } from '../../ruler/recorded/recorded-api.ts';
import type { RulerAnswer } from '../../ruler/ruler-protocol.ts';
import { answering, type Call, type Gateway, type Route } from '../server/api.ts';

export function prometheusRoutes({ rules }: Gateway): readonly Route[] {
  const route = (
    path: string,
    methods: Route['methods'],
    ask: (call: Call) => Promise<RulerAnswer>,
  ): Route => ({
    path: `/prometheus/api/v1/${path}`,
    methods,
    tenant: true,
    severalTenants: false,
    handle: answering((call) => ask(call)),
  });
  // Grafana asks by form.
  const asking = (ask: Exclude<RecordedRequest['ask'], 'values'>): Route =>
    route(ask, { GET: 'query', POST: 'query' }, ({ tenant, parameters }) =>
      rules.recorded(tenant, { ask, parameters }),
    );
  return [
    route('rules', { GET: 'query' }, ({ tenant, parameters }) => rules.rules(tenant, parameters)),
    route('alerts', { GET: 'query' }, ({ tenant }) => rules.alerts(tenant)),
    asking('query'),
    asking('query_range'),
    asking('series'),
    asking('labels'),
    route('label/{name}/values', { GET: 'query' }, ({ tenant, parameters, path }) =>
      rules.recorded(tenant, { ask: 'values', label: path.name ?? '', parameters }),
    ),
  ];
}
