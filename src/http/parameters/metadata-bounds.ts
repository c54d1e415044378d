// The time range of label and series requests.
import type { TimeRange } from '../../model/time.ts';
import type { Call } from '../server/api.ts';
import { limitRange, pastLookback } from './query-checks.ts';
import { timeBounds } from './time-parameters.ts';

/** Start and end within the look-back. A reversed range is answered with the look-back's text, as Loki does. */
export function metadataBounds({ parameters, nowNs, limits }: Call): TimeRange {
  const range = timeBounds(parameters, nowNs);
  if (range.endNs < range.startNs) throw pastLookback(limits.maxQueryLookbackMs);
  return limitRange(range, limits, nowNs);
}
