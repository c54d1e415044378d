// The order in which units of a plan are scanned.
import type { PlannedUnit, ScanRequest } from './store.ts';

/** By last time descending for backward, by first time ascending for forward; then by stream, so that it is always the same. */
export function scanOrder(direction: Exclude<ScanRequest['direction'], 'any'>) {
  const sign = direction === 'backward' ? -1 : 1;
  const timeOf = (unit: PlannedUnit): bigint => (direction === 'backward' ? unit.lastNs : unit.firstNs);
  return (a: PlannedUnit, b: PlannedUnit): number => {
    const [timeA, timeB] = [timeOf(a), timeOf(b)];
    return timeA === timeB ? (a.stream?.id ?? 0) - (b.stream?.id ?? 0) : sign * (timeA < timeB ? -1 : 1);
  };
}
