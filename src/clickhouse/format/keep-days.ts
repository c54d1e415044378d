// The class by which retention drops whole partitions: for how many days a stream's entries are kept.
import { nsPerDay } from './time-units.ts';

const keepDaysMax = 65_535;

/** 0: for ever. Rounded up: what is older than its exact period is hidden by readers. */
export function keepDaysOf(periodNs: bigint): number {
  const days = (periodNs + nsPerDay - 1n) / nsPerDay;
  return days > keepDaysMax ? 0 : Number(days);
}
