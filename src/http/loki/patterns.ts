// GET|POST /loki/api/v1/patterns: the shapes of a selector's lines, with counts over time.
import { nsPerSecond } from '../../model/time.ts';
import { jsonLine } from '../encode/encode-json.ts';
import { measured } from '../metrics/query-metrics.ts';
import { parameter } from '../parameters/parameters.ts';
import { checkExpression, limitRange } from '../parameters/query-checks.ts';
import { queryContext } from '../parameters/query-context.ts';
import { requiredSelector } from '../parameters/selector-parameters.ts';
import { queryBounds, stepParameter } from '../parameters/time-parameters.ts';
import { type Answer, answering, type Call, type Gateway, type Route } from '../server/api.ts';

export function patternsRoutes(gateway: Gateway): readonly Route[] {
  return [
    {
      path: '/loki/api/v1/patterns',
      methods: { GET: 'query', POST: 'query' },
      tenant: true,
      handle: answering((call) => patterns(gateway, call)),
    },
  ];
}

/** Shorter steps are taken as this long. */
const stepSecondsMin = 10;

async function patterns(gateway: Gateway, call: Call): Promise<Answer> {
  const { parameters, limits, nowNs } = call;
  const asked = queryBounds(parameters, nowNs);
  const stepNs = stepParameter(parameters, asked);
  const selector = await requiredSelector(parameter(parameters, 'query'));
  checkExpression(selector, limits);
  const stepSeconds = Math.max(stepSecondsMin, Math.floor(Number(stepNs) / Number(nsPerSecond)));
  const range = limitRange(asked, limits, nowNs);
  const rows = await measured(gateway.metrics, { tenant: call.tenant, type: 'patterns', range: '' }, () =>
    gateway.queries.patterns({ selector, ...range, stepSeconds }, queryContext(call)),
  );
  return jsonLine({
    status: 'success',
    data: rows.map(({ pattern, level, samples }) => ({ pattern, level, samples })),
  });
}
