// The order in which units of a plan are scanned.
import type { PlannedUnit, ScanRequest } from '../../store/store.ts';

export function inScanOrder<Unit extends PlannedUnit>(
  units: Unit[],
  direction: ScanRequest['direction'],
): readonly Unit[] {
  return direction !== 'forward'
    ? units.sort((a, b) => compare(b.lastNs, a.lastNs))
    : units.sort((a, b) => compare(a.firstNs, b.firstNs));
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
