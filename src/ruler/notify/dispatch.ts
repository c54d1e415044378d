// When a receiver is told of a group of alerts: from what it was told before and what fires now. No clock, no I/O; told
// from states alone, so that nothing depends on having seen every change.
import type { Labels } from '../../model/labels.ts';
import type { ToldAlert } from './message.ts';

/** What a receiver knows of a group. Alerts by key. */
export interface GroupMemory {
  /** That its alerts have in common. */
  readonly labels: Labels;
  /** There is something to tell since. Unix ms. */
  readonly sinceMs: number;
  readonly toldAtMs: number | undefined;
  /** Told to be firing. */
  readonly told: ReadonlyMap<string, ToldAlert>;
}

export interface CurrentAlert {
  readonly alert: ToldAlert;
  /** A silence is on it. */
  readonly isMuted: boolean;
}

export interface GroupNow {
  readonly labels: Labels;
  /** What fires, by key. */
  readonly alerts: ReadonlyMap<string, CurrentAlert>;
  /** Of alerts that are over. */
  readonly isMuted: (labels: Labels) => boolean;
}

export interface GroupTiming {
  /** The first alert waits so long for others. */
  readonly waitMs: number;
  /** Between two tellings of changes. */
  readonly intervalMs: number;
  /** Of what goes on. */
  readonly repeatMs: number;
  readonly sendResolved: boolean;
}

export interface Dispatch {
  /** Undefined: there is nothing left to be known. The same object when nothing changes. */
  readonly memory: GroupMemory | undefined;
  readonly notice: Notice | undefined;
  /** When to look again if nothing changes; undefined: no need to. */
  readonly nextMs: number | undefined;
}
export interface Notice {
  /** Those that fire first. */
  readonly alerts: readonly ToldAlert[];
  /** Told before: a newer one may take its place. */
  readonly isReminder: boolean;
}

export function dispatch(
  before: GroupMemory | undefined,
  group: GroupNow,
  nowMs: number,
  timing: GroupTiming,
): Dispatch {
  const firing = [...group.alerts].filter(([, { isMuted }]) => !isMuted);
  if (before === undefined && firing.length === 0) return nothing;
  const memory = before ?? { labels: group.labels, sinceMs: nowMs, toldAtMs: undefined, told: new Map() };
  const { over, isTrimmed, told } = toldNow(memory, group, timing);
  const kept = isTrimmed ? { ...memory, told } : memory;
  if (firing.length === 0 && over.length === 0)
    return kept.told.size === 0 ? nothing : { memory: kept, notice: undefined, nextMs: undefined };
  const isNews =
    over.length > 0 || firing.some(([key, { alert }]) => told.get(key)?.startsAtMs !== alert.startsAtMs);
  const dueMs = dueAt(memory, isNews, timing, nowMs);
  if (nowMs < dueMs) return { memory: kept, notice: undefined, nextMs: dueMs };
  return tell(kept, { firing, over, isNews }, nowMs, timing);
}

const nothing: Dispatch = { memory: undefined, notice: undefined, nextMs: undefined };

/** Of what was told: what is over and to be told of; the rest without what is over and nobody's news. */
function toldNow({ told: before }: GroupMemory, group: GroupNow, { sendResolved }: GroupTiming) {
  const over: [string, ToldAlert][] = [];
  const told = new Map(before);
  for (const [key, alert] of before) {
    if (group.alerts.has(key)) continue;
    if (sendResolved && !group.isMuted(alert.labels)) over.push([key, alert]);
    else told.delete(key);
  }
  return { over, told, isTrimmed: told.size < before.size };
}

function dueAt(
  { sinceMs, toldAtMs }: GroupMemory,
  isNews: boolean,
  timing: GroupTiming,
  nowMs: number,
): number {
  const fromMs = toldAtMs ?? sinceMs;
  // The clock was set back: from now on it counts anew.
  if (fromMs > nowMs) return nowMs;
  if (toldAtMs === undefined) return fromMs + timing.waitMs;
  return fromMs + (isNews ? timing.intervalMs : timing.repeatMs);
}

interface Telling {
  readonly firing: readonly (readonly [key: string, current: CurrentAlert])[];
  readonly over: readonly (readonly [key: string, alert: ToldAlert])[];
  readonly isNews: boolean;
}

function tell(
  memory: GroupMemory,
  { firing, over, isNews }: Telling,
  nowMs: number,
  { repeatMs }: GroupTiming,
): Dispatch {
  const told = new Map(memory.told);
  for (const [key] of over) told.delete(key);
  for (const [key, { alert }] of firing) told.set(key, alert);
  const alerts = [
    ...firing.map(([, { alert }]) => alert),
    ...over.map(([, alert]) => ({ ...alert, endsAtMs: nowMs })),
  ];
  return {
    memory: told.size === 0 ? undefined : { ...memory, toldAtMs: nowMs, told },
    notice: { alerts, isReminder: !isNews },
    nextMs: firing.length === 0 ? undefined : nowMs + repeatMs,
  };
}
