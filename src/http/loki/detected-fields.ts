// GET|POST /loki/api/v1/detected_fields and detected_field/{name}/values: what fields the newest lines of a query have.
import type { FieldsRequest } from '../../engine/run/query-service.ts';
import { jsonLine } from '../encode/encode-json.ts';
import { measured } from '../metrics/query-metrics.ts';
import { limitParameter, parameter } from '../parameters/parameters.ts';
import { checkExpression, limitRange } from '../parameters/query-checks.ts';
import { queryContext } from '../parameters/query-context.ts';
import { queryBounds } from '../parameters/time-parameters.ts';
import { type Answer, answering, type Call, type Gateway, type Route } from '../server/api.ts';
import { badRequest } from '../server/http-error.ts';

export function detectedFieldsRoutes(gateway: Gateway): readonly Route[] {
  return [
    {
      path: '/loki/api/v1/detected_fields',
      methods: { GET: 'query', POST: 'query' },
      tenant: true,
      handle: answering((call) => detectedFields(gateway, call)),
    },
    {
      path: '/loki/api/v1/detected_field/{name}/values',
      methods: { GET: 'query', POST: 'query' },
      tenant: true,
      handle: answering((call) => fieldValues(gateway, call)),
    },
  ];
}

/** Lines looked at when `line_limit` is not given. */
const linesDefault = 100;
/** Fields or values when neither `limit` nor `field_limit` is given. */
const fieldsDefault = 1000;
/** More are never tracked, whatever `limit` says. */
const fieldsMax = 10_000;
/** Lines looked at where the tenant's entries are without limit. */
const linesMax = 50_000;

async function detectedFields(gateway: Gateway, call: Call): Promise<Answer> {
  const { request, limit } = await fieldsRequest(call);
  const kind = { tenant: call.tenant, type: 'detected_fields', range: '' } as const;
  const found = await measured(gateway.metrics, kind, () =>
    gateway.queries.detectedFields(request, queryContext(call)),
  );
  const fields = found.map(({ label, type, cardinality, parsers, jsonPath }) => ({
    label,
    type,
    cardinality,
    // Drilldown takes null for structured metadata.
    parsers: parsers.length === 0 ? null : parsers,
    jsonPath,
  }));
  return jsonLine({ fields, limit });
}

async function fieldValues(gateway: Gateway, call: Call): Promise<Answer> {
  const { request, limit } = await fieldsRequest(call);
  const kind = { tenant: call.tenant, type: 'detected_fields', range: '' } as const;
  const values = await measured(gateway.metrics, kind, () =>
    gateway.queries.detectedFieldValues(call.path.name ?? '', request, queryContext(call)),
  );
  return jsonLine({ values, limit });
}

/** `limit` is what the answer names: as it was asked. */
async function fieldsRequest(call: Call): Promise<{ request: FieldsRequest; limit: number }> {
  const { parameters, limits, nowNs } = call;
  const range = queryBounds(parameters, nowNs);
  const lines = limitParameter(parameters, 'line_limit', linesDefault);
  const limit = limitParameter(parameters, 'limit', limitParameter(parameters, 'field_limit', fieldsDefault));
  const { parseExpr } = await import('../../logql/parser.ts');
  const query = parseExpr(parameter(parameters, 'query'));
  if (query.kind !== 'logQuery') throw badRequest('only log selector is supported');
  checkExpression(query, limits);
  const lineLimit = Math.min(lines, limits.maxEntriesLimitPerQuery || linesMax);
  const request = {
    query,
    ...limitRange(range, limits, nowNs),
    lineLimit,
    limit: Math.min(limit, fieldsMax),
  };
  return { request, limit };
}
