// X-Loki-Query-Limits: JSON by which a client tightens its own limits. It can never loosen one.
import { parseDataSize } from '../../go/data-size.ts';
import { parsePrometheusDuration } from '../../go/prometheus-duration.ts';
import { badRequest } from '../server/http-error.ts';
import type { TenantQueryLimits } from '../server/settings.ts';

type DurationLimit = 'maxQueryLengthMs' | 'maxQueryRangeMs' | 'maxQueryLookbackMs' | 'queryTimeoutMs';
const durationKeys: ReadonlyMap<string, DurationLimit> = new Map([
  ['maxQueryLength', 'maxQueryLengthMs'],
  ['maxQueryInterval', 'maxQueryRangeMs'],
  ['maxQueryLookback', 'maxQueryLookbackMs'],
  ['maxQueryTime', 'queryTimeoutMs'],
]);
type CountLimit = 'maxEntriesLimitPerQuery' | 'maxQueryBytesRead';
const countKeys: ReadonlyMap<string, CountLimit> = new Map([
  ['maxEntriesLimitPerQuery', 'maxEntriesLimitPerQuery'],
  ['maxQueryBytesRead', 'maxQueryBytesRead'],
]);

/** 0 is "no bound", so the tighter of two is the smaller one that is not 0. */
const tighter = (a: number, b: number): number => (a === 0 ? b : b === 0 ? a : Math.min(a, b));

/** The limits with those of the header applied where they are tighter. Throws HttpError 400 for a broken header. */
export function tightenLimits(limits: TenantQueryLimits, header: string | undefined): TenantQueryLimits {
  if (header === undefined || header === '') return limits;
  let asked: unknown;
  try {
    asked = JSON.parse(header);
  } catch (error) {
    throw badRequest(`X-Loki-Query-Limits is not JSON: ${(error as Error).message}`);
  }
  if (typeof asked !== 'object' || asked === null) throw badRequest('X-Loki-Query-Limits must be an object');
  const tightened = { ...limits };
  for (const [name, value] of Object.entries(asked)) {
    const durationKey = durationKeys.get(name);
    if (durationKey !== undefined) {
      const ns = typeof value === 'string' ? parsePrometheusDuration(value) : '';
      if (typeof ns === 'string')
        throw badRequest(`X-Loki-Query-Limits: ${name} must be a duration such as "1h"`);
      tightened[durationKey] = tighter(limits[durationKey], Number(ns / 1_000_000n));
      continue;
    }
    const countKey = countKeys.get(name);
    if (countKey !== undefined) {
      const bytes = typeof value === 'string' ? parseDataSize(value) : value;
      if (typeof bytes !== 'number' || !(bytes >= 0))
        throw badRequest(`X-Loki-Query-Limits: ${name} must be a number`);
      tightened[countKey] = tighter(limits[countKey], bytes);
    }
  }
  return tightened;
}
