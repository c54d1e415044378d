// What is asked, in the fragment of the page's address, so that it can be bookmarked and sent. A link holds two moments, so
// that whoever opens it sees the same lines; that the range was "the last hour" is kept beside it, in the browser's own
// history, for reloading and going back.
import type { Asked } from './state.ts';
import { boundsOf, defaultRange, rangeText, readRangeText } from './time/time-range.ts';

export const limits = [100, 500, 1000, 5000] as const;

export const nothingAsked: Asked = {
  query: '',
  range: defaultRange,
  limit: limits[0],
  tenant: '',
  live: false,
  line: '',
};

/** The fragment for what is asked. `relative`: with "the last hour" as such. */
export function fragmentOf(asked: Asked, nowMs: number, relative = false): string {
  const { fromMs, toMs } = boundsOf(asked.range, nowMs);
  const range =
    relative || asked.live
      ? asked.range
      : ({ kind: 'between', fromMs: Math.floor(fromMs), toMs: Math.ceil(toMs) } as const);
  const parameters = new URLSearchParams({ query: asked.query, range: rangeText(range) });
  if (asked.limit !== limits[0]) parameters.set('limit', String(asked.limit));
  if (asked.tenant !== '') parameters.set('tenant', asked.tenant);
  if (asked.live) parameters.set('live', '1');
  if (asked.line !== '') parameters.set('line', asked.line);
  return `#${parameters}`;
}

/** What a fragment asks; what it leaves out, or has wrong, is as at a first visit. */
export function readFragment(fragment: string): Asked {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ''));
  return {
    query: parameters.get('query') ?? '',
    range: readRangeText(parameters.get('range') ?? '') ?? defaultRange,
    limit: limits.find((limit) => String(limit) === parameters.get('limit')) ?? limits[0],
    tenant: parameters.get('tenant') ?? '',
    live: parameters.get('live') === '1',
    line: parameters.get('line') ?? '',
  };
}

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
