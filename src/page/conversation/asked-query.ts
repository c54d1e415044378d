// What was asked, as requests have it.
import type { Asked } from '../address.ts';
import { barSeconds } from '../charts/histogram-data.ts';
import type { RangeQuery } from '../gateway/queries.ts';
import { queryOfWords } from '../query/plain-words.ts';
import { withoutComments } from '../query/query-scan.ts';
import { spanOf } from '../time/time-range.ts';

export const everything = '{service_name=~".+"}';

/** The LogQL of what was asked. */
export const logqlOf = ({ query }: Pick<Asked, 'query'>): string =>
  withoutComments(query) === '' ? everything : (queryOfWords(query) ?? query.trim());

export function requestOf(asked: Asked): RangeQuery {
  const span = spanOf(asked.range, Date.now());
  const stepSeconds = barSeconds(Number((span.endNs - span.startNs) / 1_000_000_000n));
  return { query: logqlOf(asked), limit: asked.limit, stepSeconds, ...span };
}
