// What is asked in the browser's own history. That the range was "the last hour" is kept beside the address, which has two
// moments, for reloading and going back.
import { type Asked, fragmentOf, readFragment } from './address.ts';
import { rangeText, readRangeText } from './time/time-range.ts';

interface HistoryState {
  readonly range: string;
}

/** Writes what is asked as a step of the browser's history, or over the present one. */
export function writeAddress(asked: Asked, nowMs: number, step: 'new' | 'same'): void {
  const state: HistoryState = { range: rangeText(asked.range) };
  const fragment = fragmentOf(asked, nowMs);
  if (step === 'new') history.pushState(state, '', fragment);
  else history.replaceState(state, '', fragment);
}

/** What the address asks now: as typed, followed, or gone back to. */
export function readAddress(): Asked {
  const asked = readFragment(location.hash);
  const kept = (history.state as Partial<HistoryState> | null)?.range;
  const range = typeof kept === 'string' ? readRangeText(kept) : undefined;
  return range === undefined ? asked : { ...asked, range };
}
