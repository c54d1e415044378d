// Limits that a query must keep before it may run, and the header by which a client tightens them.

import { formatGoDuration } from '../../go/duration.ts';
import { formatPrometheusDuration } from '../../go/prometheus-duration.ts';
import type { Expr, LogQuery, MetricExpr } from '../../logql/ast.ts';
import { rangesOf } from '../../logql/walk.ts';
import { nsPerMs, type TimeRange } from '../../model/time.ts';
import { hourMs } from '../../model/units.ts';
import { badRequest } from '../server/http-error.ts';
import type { TenantQueryLimits } from '../server/settings.ts';

/** True when the expression reads no logs, so that no limit on time concerns it (`vector(1)+vector(1)`). */
export const readsNoLogs = (expr: MetricExpr): boolean => rangesOf(expr).length === 0;

/** Checks matchers and ranges of an expression. Throws HttpError 400. */
export function checkExpression(expr: Expr, limits: TenantQueryLimits): void {
  const ranges = rangesOf(expr).map(({ range }) => range);
  const logs: readonly LogQuery[] = expr.kind === 'logQuery' ? [expr] : ranges.map(({ log }) => log);
  const matchersMax = limits.maxStreamsMatchersPerQuery;
  for (const { matchers } of logs) {
    if (matchersMax > 0 && matchers.length > matchersMax)
      throw badRequest(
        `max streams matchers per query exceeded, matchers-count > limit (${matchers.length} > ${matchersMax})`,
      );
  }
  const rangeMaxNs = BigInt(limits.maxQueryRangeMs) * nsPerMs;
  if (rangeMaxNs > 0n && ranges.some(({ rangeNs }) => rangeNs > rangeMaxNs))
    throw badRequest('[interval] value exceeds limit');
}

/** The error for data beyond the look-back; another application reads the number out of it. */
export const pastLookback = (lookbackMs: number): Error =>
  badRequest(
    `this data is no longer available, it is past now - max_query_lookback (${hoursText(lookbackMs)})`,
  );

const hoursText = (ms: number): string =>
  ms > 0 && ms % hourMs === 0 ? `${ms / hourMs}h` : formatPrometheusDuration(BigInt(ms) * nsPerMs);

/** The range clipped to the look-back and checked against the length limit. Throws HttpError 400. */
export function limitRange(range: TimeRange, limits: TenantQueryLimits, nowNs: bigint): TimeRange {
  let { startNs } = range;
  if (limits.maxQueryLookbackMs > 0) {
    const earliestNs = nowNs - BigInt(limits.maxQueryLookbackMs) * nsPerMs;
    if (range.endNs < earliestNs) throw pastLookback(limits.maxQueryLookbackMs);
    if (startNs < earliestNs) startNs = earliestNs;
  }
  const lengthNs = range.endNs - startNs;
  const maxNs = BigInt(limits.maxQueryLengthMs) * nsPerMs;
  if (maxNs > 0n && lengthNs > maxNs)
    throw badRequest(
      `the query time range exceeds the limit (query length: ${formatGoDuration(lengthNs)}, limit: ${formatPrometheusDuration(maxNs)})`,
    );
  return { startNs, endNs: range.endNs };
}

/** Throws HttpError 400 when a log query asks for more entries than allowed. */
export function checkEntriesLimit(limit: number, limits: TenantQueryLimits): void {
  const max = limits.maxEntriesLimitPerQuery;
  if (max > 0 && limit > max)
    throw badRequest(
      `max entries limit per query exceeded, limit > max_entries_limit_per_query (${limit} > ${max})`,
    );
}
