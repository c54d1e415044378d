// What is asked, as the fragment of the page's address, so that it can be bookmarked and sent. A link holds two moments, so
// that whoever opens it sees the same lines.
import { boundsOf, defaultRange, rangeText, readRangeText } from './time/time-range.ts';
import type { TimeRange } from './time/time-text.ts';

/** A question, as links hold it. */
export interface Asked {
  /** LogQL or plain words; '' before anything was asked. */
  readonly query: string;
  readonly range: TimeRange;
  readonly limit: number;
  readonly tenant: string;
  readonly live: boolean;
  /** Of a metric query only the values at the end of the range. */
  readonly instant: boolean;
  /** The key of the line that a link points to; '' for none. */
  readonly line: string;
}

export const limits = [100, 500, 1000, 5000] as const;

export const nothingAsked: Asked = {
  query: '',
  range: defaultRange,
  limit: limits[0],
  tenant: '',
  live: false,
  instant: false,
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
  if (asked.instant) parameters.set('instant', '1');
  if (asked.line !== '') parameters.set('line', asked.line);
  return `#${parameters}`;
}

/** As `entryKey` makes them. */
const lineKey = /^\d{1,19}-[\da-z]{1,7}$/;

/** What a fragment asks; what it leaves out, or has wrong, is as at a first visit. */
export function readFragment(fragment: string): Asked {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ''));
  return {
    query: parameters.get('query') ?? '',
    range: readRangeText(parameters.get('range') ?? '') ?? defaultRange,
    limit: limits.find((limit) => String(limit) === parameters.get('limit')) ?? limits[0],
    tenant: parameters.get('tenant') ?? '',
    live: parameters.get('live') === '1',
    instant: parameters.get('instant') === '1',
    line: lineKey.exec(parameters.get('line') ?? '')?.[0] ?? '',
  };
}
