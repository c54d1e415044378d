// Label names and label values.

import { jsonLine } from '../encode/encode-json.ts';
import { measured } from '../metrics/query-metrics.ts';
import { metadataBounds } from '../parameters/metadata-bounds.ts';
import { parameter } from '../parameters/parameters.ts';
import { queryContext } from '../parameters/query-context.ts';
import { optionalSelector } from '../parameters/selector-parameters.ts';
import { type Answer, answering, type Call, type Gateway, type Route } from '../server/api.ts';

export function labelRoutes(gateway: Gateway): readonly Route[] {
  const names = answering((call) => labelNames(gateway, call));
  const values = answering((call) => labelValues(gateway, call));
  // The /api/prom twins are as old as Loki and answer in today's shape.
  return [
    { path: '/loki/api/v1/labels', methods: { GET: 'query', POST: 'query' }, tenant: true, handle: names },
    { path: '/loki/api/v1/label', methods: { GET: 'query', POST: 'query' }, tenant: true, handle: names },
    {
      path: '/loki/api/v1/label/{name}/values',
      methods: { GET: 'query', POST: 'query' },
      tenant: true,
      handle: values,
    },
    { path: '/api/prom/label', methods: { GET: 'query', POST: 'query' }, tenant: true, handle: names },
    {
      path: '/api/prom/label/{name}/values',
      methods: { GET: 'query', POST: 'query' },
      tenant: true,
      handle: values,
    },
  ];
}

async function labelNames(gateway: Gateway, call: Call): Promise<Answer> {
  const range = metadataBounds(call);
  const selector = await optionalSelector(parameter(call.parameters, 'query'));
  const names = await measured(gateway.metrics, { tenant: call.tenant, type: 'labels', range: '' }, () =>
    gateway.queries.labelNames(selector, range, queryContext(call)),
  );
  return jsonLine({ status: 'success', data: names });
}

async function labelValues(gateway: Gateway, call: Call): Promise<Answer> {
  const range = metadataBounds(call);
  const selector = await optionalSelector(parameter(call.parameters, 'query'));
  const values = await measured(gateway.metrics, { tenant: call.tenant, type: 'labels', range: '' }, () =>
    gateway.queries.labelValues(call.path.name ?? '', selector, range, queryContext(call)),
  );
  return jsonLine({ status: 'success', data: values });
}
