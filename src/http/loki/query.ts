// GET|POST /loki/api/v1/query and /loki/api/v1/query_range.
import { alignRange } from '../../engine/metrics/align.ts';
import type { Expr, LogQuery, MetricExpr } from '../../logql/ast.ts';
import { encodeLogResult, encodeMetricResult } from '../encode/encode-query.ts';
import { measured } from '../metrics/query-metrics.ts';
import { categorizeLabelsFlag, checkAcceptsJson, encodingFlags } from '../parameters/answer-form.ts';
import { directionParameter, limitParameter, parameter } from '../parameters/parameters.ts';
import { checkEntriesLimit, checkExpression, limitRange, readsNoLogs } from '../parameters/query-checks.ts';
import { queryContext } from '../parameters/query-context.ts';
import { instantTime, intervalParameter, queryBounds, stepParameter } from '../parameters/time-parameters.ts';
import { type Answer, answering, type Call, type Gateway, jsonType, type Route } from '../server/api.ts';
import { badRequest } from '../server/http-error.ts';

/** Entries of a log query when `limit` is not given. */
const entriesDefault = 100;

export function queryRoutes(gateway: Gateway): readonly Route[] {
  return [
    {
      path: '/loki/api/v1/query',
      methods: { GET: 'query', POST: 'query' },
      tenant: true,
      handle: answering((call) => instantQuery(gateway, call)),
    },
    {
      path: '/loki/api/v1/query_range',
      methods: { GET: 'query', POST: 'query' },
      tenant: true,
      handle: answering((call) => rangeQuery(gateway, call)),
    },
  ];
}

async function instantQuery(gateway: Gateway, call: Call): Promise<Answer> {
  const timeNs = instantTime(call.parameters, call.nowNs);
  // Both are checked although a metric query has no use for them.
  limitParameter(call.parameters, 'limit', entriesDefault);
  directionParameter(call.parameters);
  const expr = await checkedExpression(call);
  if (expr.kind === 'logQuery')
    throw badRequest(
      'log queries are not supported as an instant query type, please change your query to a range query type',
    );
  return metricAnswer(gateway, call, expr, { startNs: timeNs, endNs: timeNs, stepNs: 0n });
}

async function rangeQuery(gateway: Gateway, call: Call): Promise<Answer> {
  const { parameters, limits, nowNs } = call;
  const range = queryBounds(parameters, nowNs);
  const limit = limitParameter(parameters, 'limit', entriesDefault);
  const direction = directionParameter(parameters);
  const stepNs = stepParameter(parameters, range);
  const intervalNs = intervalParameter(parameters);
  const expr = await checkedExpression(call);
  if (expr.kind !== 'logQuery') {
    const clipped = readsNoLogs(expr) ? range : limitRange(range, limits, nowNs);
    return metricAnswer(gateway, call, expr, { ...alignRange(clipped, stepNs), stepNs });
  }
  checkEntriesLimit(limit, limits);
  const request = { query: expr, ...limitRange(range, limits, nowNs), limit, direction, intervalNs };
  return logAnswer(gateway, call, request);
}

/** The parsed `query`, within the limits on matchers and ranges. */
async function checkedExpression(call: Call): Promise<Expr> {
  checkAcceptsJson(call.request);
  const { parseExpr } = await import('../../logql/parser.ts');
  const expr = parseExpr(parameter(call.parameters, 'query'));
  checkExpression(expr, call.limits);
  return expr;
}

interface LogSpan {
  readonly query: LogQuery;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly limit: number;
  readonly direction: 'forward' | 'backward';
  readonly intervalNs: bigint;
}

async function logAnswer(gateway: Gateway, call: Call, span: LogSpan): Promise<Answer> {
  const flags = encodingFlags(call.request);
  const categorizeLabels = flags.includes(categorizeLabelsFlag);
  const type = span.query.stages.length > 0 ? 'filter' : 'limited';
  const result = await measured(gateway.metrics, { tenant: call.tenant, type, range: 'range' }, () =>
    gateway.queries.logs({ ...span, categorizeLabels }, queryContext(call)),
  );
  return { contentType: jsonType, body: encodeLogResult(result, flags) };
}

interface MetricSpan {
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly stepNs: bigint;
}

async function metricAnswer(
  gateway: Gateway,
  call: Call,
  query: MetricExpr,
  span: MetricSpan,
): Promise<Answer> {
  const range = span.stepNs === 0n ? 'instant' : 'range';
  const result = await measured(gateway.metrics, { tenant: call.tenant, type: 'metric', range }, () =>
    gateway.queries.metrics({ query, ...span }, queryContext(call)),
  );
  return { contentType: jsonType, body: encodeMetricResult(result) };
}
