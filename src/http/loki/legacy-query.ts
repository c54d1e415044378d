// /api/prom/query: the query route of before 1.0. Its push, label, series and tail twins stand with the modern ones.

import { quoteGo } from '../../go/quote.ts';
import { formatRfc3339OfNs } from '../../go/rfc3339.ts';
import type { LogQuery } from '../../logql/ast.ts';
import { labelsFromPairs } from '../../model/labels.ts';
import { jsonLine } from '../encode/encode-json.ts';
import { statsObject } from '../encode/encode-stats.ts';
import { measured } from '../metrics/query-metrics.ts';
import { directionParameter, limitParameter, parameter } from '../parameters/parameters.ts';
import { checkEntriesLimit, checkExpression, limitRange } from '../parameters/query-checks.ts';
import { queryContext } from '../parameters/query-context.ts';
import { queryBounds } from '../parameters/time-parameters.ts';
import { type Answer, answering, type Call, type Gateway, type Route } from '../server/api.ts';
import { badRequest } from '../server/http-error.ts';

const entriesDefault = 100;

export function legacyRoutes(gateway: Gateway): readonly Route[] {
  const handle = answering((call) => legacyQuery(gateway, call));
  return [{ path: '/api/prom/query', methods: { GET: 'query', POST: 'query' }, tenant: true, handle }];
}

async function legacyQuery(gateway: Gateway, call: Call): Promise<Answer> {
  const { parameters, limits, nowNs } = call;
  const range = limitRange(queryBounds(parameters, nowNs), limits, nowNs);
  const limit = limitParameter(parameters, 'limit', entriesDefault);
  const direction = directionParameter(parameters);
  checkEntriesLimit(limit, limits);
  const { parseExpr } = await import('../../logql/parser.ts');
  const expr = parseExpr(parameter(parameters, 'query'));
  if (expr.kind !== 'logQuery') throw badRequest('legacy endpoints only support streams result type');
  checkExpression(expr, limits);
  const query = withRegexp(expr, parameter(parameters, 'regexp'));
  const result = await measured(
    gateway.metrics,
    { tenant: call.tenant, type: query.stages.length > 0 ? 'filter' : 'limited', range: 'range' },
    () =>
      gateway.queries.logs(
        { query, ...range, limit, direction, intervalNs: 0n, categorizeLabels: false },
        queryContext(call),
      ),
  );
  const streams = JSON.parse(Buffer.from(result.resultJson).toString()) as readonly ResultStream[];
  return jsonLine({ streams: streams.map(legacyStream), stats: statsObject(result.statistics) });
}

/** `regexp` is one more line filter, after the query's own stages. */
function withRegexp(query: LogQuery, regexp: string): LogQuery {
  if (regexp === '') return query;
  const stage = { kind: 'lineFilter', op: '|~', alternatives: [{ text: regexp, ip: false }] } as const;
  return { ...query, stages: [...query.stages, stage] };
}

/** A stream as today's API sends it. */
export interface ResultStream {
  readonly stream: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [timestampNs: string, line: string, ...rest: unknown[]])[];
}

/** The old form: labels as text, times as RFC 3339. */
export function legacyStream({ stream, values }: ResultStream): object {
  const labels = labelsFromPairs(Object.entries(stream)).map(([name, value]) => `${name}=${quoteGo(value)}`);
  return {
    labels: `{${labels.join(', ')}}`,
    entries: values.map(([timestampNs, line]) => ({ ts: formatRfc3339OfNs(BigInt(timestampNs)), line })),
  };
}
