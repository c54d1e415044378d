// Texts of what can go wrong in a metric query; they are interface, clients look for their words.

import { labelText } from '../../go/label-text.ts';
import type { Labels } from '../../model/labels.ts';
import { QueryEvaluationError, QueryLimitError } from '../query-errors.ts';
import { withLabel } from './step-series.ts';

/** A sample with `__error__` inside a window. */
export function pipelineError(labels: Labels, error: string, details: string): QueryEvaluationError {
  let shown = withLabel(labels, '__error__', error);
  if (details !== '') shown = withLabel(shown, '__error_details__', details);
  return new QueryEvaluationError(
    [
      `pipeline error: '${error}' for series: '${labelText(shown)}'.`,
      `Use a label filter to intentionally skip this error. (e.g | __error__!="${error}").`,
      'To skip all potential errors you can match empty errors.(e.g __error__="")',
      'The label filter can also be specified after unwrap. (e.g | unwrap latency | __error__="" )',
    ].join('\n'),
  );
}

export const seriesLimitError = (seriesMax: number): QueryLimitError =>
  new QueryLimitError(
    `maximum number of series (${seriesMax}) reached for a single query; consider reducing query cardinality by adding more specific stream selectors, reducing the time range, or aggregating results with functions like sum(), count() or topk()`,
  );

export const seriesLimitWarning = (seriesMax: number): string =>
  `maximum number of series (${seriesMax}) reached for a single query; returning partial results`;

export const manyToManyError = (side: 'left' | 'right'): QueryEvaluationError =>
  new QueryEvaluationError(
    `found duplicate series on the ${side} hand-side;many-to-many matching not allowed: matching labels must be unique on one side`,
  );
export const implicitManyToOneError = (): QueryEvaluationError =>
  new QueryEvaluationError(
    'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
  );
export const ambiguousGroupingError = (): QueryEvaluationError =>
  new QueryEvaluationError('multiple matches for labels: grouping labels must ensure unique matches');
export const duplicateSeriesError = (labels: Labels): QueryEvaluationError =>
  new QueryEvaluationError(`vector cannot contain metrics with the same labelset: ${labelText(labels)}`);
