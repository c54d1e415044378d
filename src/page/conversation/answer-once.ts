// One question, answered: lines with their volume, series, or samples of one moment.
import type { Asked } from '../address.ts';
import { barSpan, histogramOf, volumeQuery } from '../charts/histogram-data.ts';
import { queryMoment, queryRange, type RangeQuery } from '../gateway/queries.ts';
import { problemOf } from '../problem.ts';
import { isMetricQuery } from '../query/metric-query.ts';
import { rememberQuery } from '../query/saved-queries.ts';
import type { Outcome, PageStore } from '../state.ts';
import { requestOf } from './asked-query.ts';
import { around } from './older-lines.ts';

/** Resolves when the answer is in the state, or the signal has fired. */
export async function answerOnce(store: PageStore, asked: Asked, signal: AbortSignal): Promise<void> {
  store.set({ outcome: { kind: 'asking' } });
  const request = requestOf(asked);
  const withoutLines = (outcome: Outcome): void => store.set({ entries: [], histogram: undefined, outcome });
  try {
    const { query } = request;
    const startedMs = performance.now();
    if (asked.instant && isMetricQuery(query)) {
      const { samples, warnings } = await queryMoment(query, request.endNs, signal);
      const tookMs = performance.now() - startedMs;
      if (signal.aborted) return;
      rememberQuery(asked.query.trim());
      return withoutLines({ kind: 'samples', query, samples, tookMs, warnings });
    }
    const found = await (asked.line === '' ? queryRange(request, signal) : around(asked, request, signal));
    const tookMs = performance.now() - startedMs;
    if (signal.aborted) return;
    if (asked.query.trim() !== '') rememberQuery(asked.query.trim());
    const { warnings } = found;
    if (found.kind === 'series')
      return withoutLines({ kind: 'series', request, series: found.series, tookMs, warnings });
    const more = asked.line === '' && found.entries.length >= request.limit;
    store.set({ entries: found.entries, outcome: { kind: 'lines', request, tookMs, more, warnings } });
    await showVolume(store, request, signal);
  } catch (error) {
    if (!signal.aborted) withoutLines({ kind: 'failed', problem: problemOf(error) });
  }
}

/** The bars are an addition: what is wrong with their query is not what was asked. */
async function showVolume(store: PageStore, request: RangeQuery, signal: AbortSignal): Promise<void> {
  const { stepSeconds } = request;
  const span = barSpan(request, stepSeconds);
  const query = volumeQuery(request.query, stepSeconds);
  const found = await queryRange({ ...span, query, stepSeconds, limit: 1 }, signal).catch(() => undefined);
  if (signal.aborted) return;
  const histogram = found?.kind === 'series' ? histogramOf(found.series, span, stepSeconds) : undefined;
  store.set({ histogram });
}
