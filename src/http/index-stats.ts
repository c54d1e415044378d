// GET|POST /loki/api/v1/index/stats: what a selector would read. A bare object, no envelope.
import { type Answer, answering, type Call, type Gateway, type Route } from './api.ts';
import { jsonLine } from './encode-json.ts';
import { parameter } from './parameters.ts';
import { limitRange } from './query-checks.ts';
import { queryContext } from './query-context.ts';
import { measured } from './query-metrics.ts';
import { requiredSelector } from './selector-parameters.ts';
import { queryBounds } from './time-parameters.ts';

export function indexStatsRoutes(gateway: Gateway): readonly Route[] {
  return [
    {
      path: '/loki/api/v1/index/stats',
      methods: ['GET', 'POST'],
      tenant: true,
      handle: answering((call) => indexStats(gateway, call)),
    },
  ];
}

async function indexStats(gateway: Gateway, call: Call): Promise<Answer> {
  const range = limitRange(queryBounds(call.parameters, call.nowNs), call.limits, call.nowNs);
  const selector = requiredSelector(parameter(call.parameters, 'query'));
  const { streams, chunks, bytes, entries } = await measured(
    gateway.metrics,
    { tenant: call.tenant, type: 'stats', range: '' },
    () => gateway.queries.stats(selector, range, queryContext(call)),
  );
  return jsonLine({ streams, chunks, bytes, entries });
}
