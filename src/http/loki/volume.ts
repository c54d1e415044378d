// GET|POST /loki/api/v1/index/volume and volume_range: bytes by label set.
import type { MetricResult } from '../../engine/run/query-service.ts';
import type { LogQuery } from '../../logql/ast.ts';
import { encodeMetricResult } from '../encode/encode-query.ts';
import { measured } from '../metrics/query-metrics.ts';
import { parameter, parseGoInt } from '../parameters/parameters.ts';
import { limitRange } from '../parameters/query-checks.ts';
import { queryContext } from '../parameters/query-context.ts';
import { queryBounds, stepParameter } from '../parameters/time-parameters.ts';
import { type Answer, answering, type Call, type Gateway, jsonType, type Route } from '../server/api.ts';
import { badRequest, HttpError } from '../server/http-error.ts';

/** Rows when `limit` is not given, or 0. */
const rowsDefault = 100;
const targetLabelsMax = 1000;

export function volumeRoutes(gateway: Gateway): readonly Route[] {
  return [
    {
      path: '/loki/api/v1/index/volume',
      methods: { GET: 'query', POST: 'query' },
      tenant: true,
      handle: answering((call) => volume(gateway, call, false)),
    },
    {
      path: '/loki/api/v1/index/volume_range',
      methods: { GET: 'query', POST: 'query' },
      tenant: true,
      handle: answering((call) => volume(gateway, call, true)),
    },
  ];
}

async function volume(gateway: Gateway, call: Call, ranged: boolean): Promise<Answer> {
  const { parameters, limits, nowNs } = call;
  if (!limits.volumeEnabled) throw new HttpError(404, 'not found');
  const range = limitRange(queryBounds(parameters, nowNs), limits, nowNs);
  const { parseSelector } = await import('../../logql/parser.ts');
  const matchers = parseSelector(parameter(parameters, 'query'), { allowEmptyMatch: true });
  const rowsMax = Math.min(rowsParameter(call), limits.volumeMaxSeries);
  const aggregateBy = parameter(parameters, 'aggregateBy') || 'series';
  if (aggregateBy !== 'series' && aggregateBy !== 'labels') throw badRequest('invalid aggregation option');
  const stepNs = ranged ? stepParameter(parameters, range) : 0n;

  const targets = parameter(parameters, 'targetLabels')
    .split(',')
    .filter((name) => name !== '');
  if (targets.length > targetLabelsMax)
    throw badRequest(`too many target labels (limit: ${targetLabelsMax})`);
  const named = [...new Set(matchers.filter(({ value }) => value !== '').map(({ name }) => name))];
  const mentioned = new Set(matchers.map(({ name }) => name));
  const wanted = targets.length > 0 ? targets : aggregateBy === 'series' ? named : [];
  // Streams without a target label do not count, unless the selector has its own say about that label.
  const present = targets
    .filter((name) => !mentioned.has(name))
    .map((name) => ({ name, op: '=~', value: '.+' }) as const);
  const selector: LogQuery = { kind: 'logQuery', matchers: [...matchers, ...present], stages: [] };
  const kind = { tenant: call.tenant, type: 'volume', range: '' } as const;
  const { series, statistics, warnings } = await measured(gateway.metrics, kind, () =>
    gateway.queries.volume(
      { selector, ...range, stepNs, by: wanted, aggregateBy, limit: rowsMax },
      queryContext(call),
    ),
  );
  const answer: MetricResult = {
    // As Loki does: a range is a matrix only when some series has several points.
    kind: series.some(({ timesMs }) => timesMs.length > 1) ? 'matrix' : 'vector',
    series,
    statistics,
    warnings,
  };
  return { contentType: jsonType, body: encodeMetricResult(answer) };
}

function rowsParameter({ parameters }: Call): number {
  const text = parameter(parameters, 'limit');
  const rows = text === '' ? 0n : parseGoInt(text, 'Atoi');
  if (rows < 0n) throw badRequest('limit must be a positive value');
  return rows === 0n ? rowsDefault : Number(rows);
}
