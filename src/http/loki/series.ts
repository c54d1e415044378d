// GET|POST /loki/api/v1/series: the label sets of matching streams.
import { labelsToRecord } from '../../model/labels.ts';
import { jsonLine } from '../encode/encode-json.ts';
import { measured } from '../metrics/query-metrics.ts';
import { metadataBounds } from '../parameters/metadata-bounds.ts';
import { parameterList } from '../parameters/parameters.ts';
import { queryContext } from '../parameters/query-context.ts';
import { selectorList } from '../parameters/selector-parameters.ts';
import { type Answer, answering, type Call, type Gateway, type Route } from '../server/api.ts';

export function seriesRoutes(gateway: Gateway): readonly Route[] {
  const handle = answering((call) => series(gateway, call));
  return [
    { path: '/loki/api/v1/series', methods: { GET: 'query', POST: 'query' }, tenant: true, handle },
    { path: '/api/prom/series', methods: { GET: 'query', POST: 'query' }, tenant: true, handle },
  ];
}

async function series(gateway: Gateway, call: Call): Promise<Answer> {
  const range = metadataBounds(call);
  const selectors = await selectorList(parameterList(call.parameters, 'match', 'match[]'));
  const found = await measured(gateway.metrics, { tenant: call.tenant, type: 'series', range: '' }, () =>
    gateway.queries.series(selectors, range, queryContext(call)),
  );
  return jsonLine({ status: 'success', data: found.map(labelsToRecord) });
}
