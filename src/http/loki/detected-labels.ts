// GET|POST /loki/api/v1/detected_labels: label names with the number of their values, those of mere ids left out.

import { jsonLine } from '../encode/encode-json.ts';
import { measured } from '../metrics/query-metrics.ts';
import { parameter } from '../parameters/parameters.ts';
import { limitRange } from '../parameters/query-checks.ts';
import { queryContext } from '../parameters/query-context.ts';
import { optionalSelector } from '../parameters/selector-parameters.ts';
import { queryBounds } from '../parameters/time-parameters.ts';
import { type Answer, answering, type Call, type Gateway, type Route } from '../server/api.ts';

export function detectedLabelsRoutes(gateway: Gateway): readonly Route[] {
  return [
    {
      path: '/loki/api/v1/detected_labels',
      methods: { GET: 'query', POST: 'query' },
      tenant: true,
      handle: answering((call) => detectedLabels(gateway, call)),
    },
  ];
}

/** Shown whatever their values look like. */
const alwaysShown: ReadonlySet<string> = new Set(['cluster', 'namespace', 'instance', 'pod']);
const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const isNumber = (value: string): boolean => value.trim() !== '' && Number.isFinite(Number(value));
const isFlag = (value: string): boolean => value === '0' || value === '1';

/** False for labels all of whose values are numbers (but 0 and 1 alone are a flag) or UUIDs. */
function isShown(name: string, values: readonly string[]): boolean {
  if (alwaysShown.has(name) || values.every(isFlag)) return true;
  return !values.every(isNumber) && !values.every((value) => uuid.test(value));
}

async function detectedLabels(gateway: Gateway, call: Call): Promise<Answer> {
  const range = limitRange(queryBounds(call.parameters, call.nowNs), call.limits, call.nowNs);
  const selector = await optionalSelector(parameter(call.parameters, 'query'));
  const streams = await measured(gateway.metrics, { tenant: call.tenant, type: 'series', range: '' }, () =>
    gateway.queries.series(selector === undefined ? [] : [selector], range, queryContext(call)),
  );
  const valuesByName = new Map<string, Set<string>>();
  for (const [name, value] of streams.flat()) {
    const values = valuesByName.get(name);
    if (values === undefined) valuesByName.set(name, new Set([value]));
    else values.add(value);
  }
  const shown = [...valuesByName].filter(([name, values]) => isShown(name, [...values]));
  return jsonLine({
    detectedLabels: shown.map(([label, values]) => ({ label, cardinality: values.size })),
  });
}
