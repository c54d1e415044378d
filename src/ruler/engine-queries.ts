// Rules' queries, asked of the ordinary query service on the main thread.
import { LRUCache } from 'lru-cache';
import type { MetricResult, QueryContext, QueryService } from '../engine/run/query-service.ts';
import type { MetricExpr } from '../logql/ast.ts';
import { nsPerMs } from '../model/time.ts';
import type { GroupQueries, RuleAnswer, RuleOutcome, RuleQuery } from './evaluate-rule.ts';
import type { QueriedSample } from './template-functions.ts';

/** A tenant's limits and habits; `timeoutMs` of the rule may be shorter. */
export type RuleQueryLimits = (tenant: string) => Pick<QueryContext, 'limits' | 'splitInstantNs'>;

/** Rules ask the same again and again. */
const parsedMax = 2000;

/** Rules wait for their turn among themselves, as one tenant more. */
const ownTurns = 'rules';

export function engineQueries(
  queries: Pick<QueryService, 'logs' | 'metrics' | 'series'>,
  limitsOf: RuleQueryLimits,
): GroupQueries {
  const kept = new LRUCache<string, MetricExpr>({ max: parsedMax });
  const parsed = async (expr: string): Promise<MetricExpr> => {
    const known = kept.get(expr);
    if (known !== undefined) return known;
    const { parseMetricExpr } = await import('../logql/parser.ts');
    const query = parseMetricExpr(expr);
    kept.set(expr, query);
    return query;
  };
  const optionsOf = (tenant: string, timeoutMs: number, signal: AbortSignal) => {
    const { limits, ...habits } = limitsOf(tenant);
    return {
      tenant,
      ...habits,
      limits: { ...limits, timeoutMs: Math.min(limits.timeoutMs || timeoutMs, timeoutMs) },
      signal,
      // A part of the series would look as if the others had recovered.
      partialOnSeriesLimit: false,
      turns: ownTurns,
    };
  };
  const ask = async (
    query: MetricExpr,
    { tenant, timeMs, timeoutMs }: RuleQuery,
    signal: AbortSignal,
    together: Together,
  ): Promise<RuleAnswer> => {
    const timeNs = toNs(timeMs);
    const result = await queries.metrics(
      { query, startNs: timeNs, endNs: timeNs, stepNs: 0n },
      { ...optionsOf(tenant, timeoutMs, signal), ...together },
    );
    const { linesProcessed: linesRead, bytesProcessed: bytesRead } = result.statistics;
    return { samples: samplesOf(result), cost: { linesRead, bytesRead } };
  };
  const absent = async (
    query: MetricExpr,
    request: RuleQuery,
    signal: AbortSignal,
    together: Together,
  ): Promise<RuleAnswer> => {
    const { absentQuestion, absentSamples } = await import('./absent-by.ts');
    const { tenant, absentBy, timeMs, timeoutMs } = request;
    const { selector, fromMs, toMs, present } = absentQuestion(query, absentBy, timeMs);
    const range = { startNs: toNs(fromMs), endNs: toNs(toMs) };
    const known = await queries.series([selector], range, optionsOf(tenant, timeoutMs, signal));
    const { samples, cost } = await ask(present, request, signal, together);
    const here = samples.map(({ labels }) => labels);
    return { samples: absentSamples(known, here, absentBy), cost };
  };
  const instant = async (
    request: RuleQuery,
    signal: AbortSignal,
    together: Together = {},
  ): Promise<RuleAnswer> => {
    const query = await parsed(request.expr);
    return (request.absentBy.length > 0 ? absent : ask)(query, request, signal, together);
  };
  return {
    instant,
    instants: async ({ questions, intervalMs, ...request }, signal) => {
      const { SharedRanges } = await import('../engine/metrics/shared-ranges.ts');
      const together = { shared: new SharedRanges(), repeatedNs: BigInt(intervalMs) * nsPerMs };
      const outcomes: RuleOutcome[] = [];
      // One after the other: a group is one asker.
      for (const question of questions) {
        const began = performance.now();
        const seconds = (): number => (performance.now() - began) / 1000;
        try {
          const answer = await instant({ ...request, ...question }, signal, together);
          outcomes.push({ answer, seconds: seconds() });
        } catch (error) {
          signal.throwIfAborted();
          outcomes.push({
            error: error instanceof Error ? error.message : String(error),
            seconds: seconds(),
          });
        }
      }
      return outcomes;
    },
    lines: async ({ tenant, expr, fromMs, toMs, limit, timeoutMs }, signal) => {
      const { parseExpr } = await import('../logql/parser.ts');
      const query = parseExpr(expr);
      if (query.kind !== 'logQuery') throw new Error('not a log query');
      const { resultJson } = await queries.logs(
        {
          query,
          // The window of a rule is open at its beginning and closed at its end.
          startNs: BigInt(fromMs) * nsPerMs + 1n,
          endNs: BigInt(toMs) * nsPerMs + 1n,
          limit,
          direction: 'backward',
          intervalNs: 0n,
          categorizeLabels: false,
        },
        optionsOf(tenant, timeoutMs, signal),
      );
      return resultJson;
    },
  };
}

/** What queries that are asked together have in common. */
type Together = Pick<QueryContext, 'shared' | 'repeatedNs'>;

const toNs = (ms: number): bigint => BigInt(Math.round(ms)) * nsPerMs;

function samplesOf(result: MetricResult): readonly QueriedSample[] {
  if (result.kind === 'scalar') return [{ labels: [], value: result.value }];
  return result.series.flatMap(({ labels, values }) =>
    values.length === 0 ? [] : [{ labels, value: values[values.length - 1] as number }],
  );
}
