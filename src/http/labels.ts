// Label names and label values.
import { type Answer, answering, type Call, type Gateway, type Route } from './api.ts';
import { jsonLine } from './encode-json.ts';
import { metadataBounds } from './metadata-bounds.ts';
import { parameter } from './parameters.ts';
import { queryContext } from './query-context.ts';
import { measured } from './query-metrics.ts';
import { optionalSelector } from './selector-parameters.ts';

export function labelRoutes(gateway: Gateway): readonly Route[] {
  const names = answering((call) => labelNames(gateway, call));
  const values = answering((call) => labelValues(gateway, call));
  // The /api/prom twins are as old as Loki and answer in today's shape.
  return [
    { path: '/loki/api/v1/labels', methods: ['GET', 'POST'], tenant: true, handle: names },
    { path: '/loki/api/v1/label', methods: ['GET', 'POST'], tenant: true, handle: names },
    { path: '/loki/api/v1/label/{name}/values', methods: ['GET', 'POST'], tenant: true, handle: values },
    { path: '/api/prom/label', methods: ['GET', 'POST'], tenant: true, handle: names },
    { path: '/api/prom/label/{name}/values', methods: ['GET', 'POST'], tenant: true, handle: values },
  ];
}

async function labelNames(gateway: Gateway, call: Call): Promise<Answer> {
  const range = metadataBounds(call);
  const selector = optionalSelector(parameter(call.parameters, 'query'));
  const names = await measured(gateway.metrics, { tenant: call.tenant, type: 'labels', range: '' }, () =>
    gateway.queries.labelNames(selector, range, queryContext(call)),
  );
  return jsonLine({ status: 'success', data: names });
}

async function labelValues(gateway: Gateway, call: Call): Promise<Answer> {
  const range = metadataBounds(call);
  const selector = optionalSelector(parameter(call.parameters, 'query'));
  const values = await measured(gateway.metrics, { tenant: call.tenant, type: 'labels', range: '' }, () =>
    gateway.queries.labelValues(call.path.name ?? '', selector, range, queryContext(call)),
  );
  return jsonLine({ status: 'success', data: values });
}
