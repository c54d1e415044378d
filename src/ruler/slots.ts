// When a group is evaluated: at whole multiples of its interval, moved by a phase that hangs on its name, so that groups
// take turns and each keeps its times over restarts.
import { createHash } from 'node:crypto';
import { type GroupKey, groupKeyText } from './rule-group.ts';

export interface SlotGrid {
  readonly intervalMs: number;
  /** 0 to `intervalMs`. */
  readonly phaseMs: number;
}

export function slotGrid(key: GroupKey, intervalMs: number, aligned: boolean): SlotGrid {
  if (aligned) return { intervalMs, phaseMs: 0 };
  const hash = createHash('sha256').update(groupKeyText(key)).digest().readBigUInt64BE(0);
  return { intervalMs, phaseMs: Number(hash % BigInt(intervalMs)) };
}

/** The newest slot at or before the time. Unix ms. */
export const slotAt = ({ intervalMs, phaseMs }: SlotGrid, timeMs: number): number =>
  Math.floor((timeMs - phaseMs) / intervalMs) * intervalMs + phaseMs;

export interface DueSlots {
  /** To be evaluated, oldest first. */
  readonly slots: readonly number[];
  /** Left out: they passed during an evaluation that took too long, or longer ago than is caught up with. */
  readonly missed: number;
}

/**
 * Slots after `lastMs` (the last evaluated) until now. Those up to `busyUntilMs`, when the last evaluation ended, are
 * missed; older ones than `tolerance` and more than `slotsMax` are, too.
 */
export function dueSlots(
  grid: SlotGrid,
  times: { readonly nowMs: number; readonly lastMs: number; readonly busyUntilMs: number },
  { toleranceMs, slotsMax }: { readonly toleranceMs: number; readonly slotsMax: number },
): DueSlots {
  const newest = slotAt(grid, times.nowMs);
  if (newest <= times.lastMs) return { slots: [], missed: 0 };
  const waiting = Math.max(1, Math.floor((newest - times.lastMs) / grid.intervalMs));
  const after = Math.max(times.busyUntilMs, times.nowMs - toleranceMs);
  // The newest is always evaluated.
  const kept = Math.max(1, Math.min(waiting, slotsMax, Math.ceil((newest - after) / grid.intervalMs)));
  const slots = Array.from({ length: kept }, (_, k) => newest - (kept - 1 - k) * grid.intervalMs);
  return { slots, missed: waiting - kept };
}
