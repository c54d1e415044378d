// From a call to the engine's context.
import type { QueryContext } from '../../engine/run/query-service.ts';
import { nsPerMs } from '../../model/time.ts';
import type { Call } from '../server/api.ts';
import type { TenantQueryLimits } from '../server/settings.ts';

/**
 * Too many series always give a partial answer with a warning: on one server the limit protects the client's
 * browser, not us.
 */
export function queryContext({ request, tenant, limits, signal }: Call): QueryContext {
  return {
    tenant,
    ...queryHabits(limits),
    signal,
    partialOnSeriesLimit: true,
    ignoreCache: /\bno-(cache|store)\b/i.test(request.headers['cache-control'] ?? ''),
  };
}

/** What is the tenant's, whoever asks. */
export const queryHabits = (limits: TenantQueryLimits): Pick<QueryContext, 'limits' | 'splitInstantNs'> => ({
  limits: {
    timeoutMs: limits.queryTimeoutMs,
    scanBytesMax: limits.maxQueryBytesRead,
    seriesMax: limits.maxQuerySeries,
    memoryBytesMax: limits.maxQueryMemoryBytes,
  },
  splitInstantNs: BigInt(limits.splitInstantMetricQueriesByIntervalMs) * nsPerMs,
});
