// GET|POST /loki/api/v1/index/stats: what a selector would read. A bare object, no envelope.

import { jsonLine } from '../encode/encode-json.ts';
import { measured } from '../metrics/query-metrics.ts';
import { parameter } from '../parameters/parameters.ts';
import { limitRange } from '../parameters/query-checks.ts';
import { queryContext } from '../parameters/query-context.ts';
import { requiredSelector } from '../parameters/selector-parameters.ts';
import { queryBounds } from '../parameters/time-parameters.ts';
import { type Answer, answering, type Call, type Gateway, type Route } from '../server/api.ts';

export function indexStatsRoutes(gateway: Gateway): readonly Route[] {
  return [
    {
      path: '/loki/api/v1/index/stats',
      methods: { GET: 'query', POST: 'query' },
      tenant: true,
      handle: answering((call) => indexStats(gateway, call)),
    },
  ];
}

async function indexStats(gateway: Gateway, call: Call): Promise<Answer> {
  const range = limitRange(queryBounds(call.parameters, call.nowNs), call.limits, call.nowNs);
  const selector = await requiredSelector(parameter(call.parameters, 'query'));
  const { streams, chunks, bytes, entries } = await measured(
    gateway.metrics,
    { tenant: call.tenant, type: 'stats', range: '' },
    () => gateway.queries.stats(selector, range, queryContext(call)),
  );
  return jsonLine({ streams, chunks, bytes, entries });
}
