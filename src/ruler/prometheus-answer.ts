// Answers in the shape of Prometheus' API.
import type { RulerAnswer } from './ruler-protocol.ts';

/** One line. */
export const success = (data: unknown): string =>
  `${JSON.stringify({ status: 'success', data, errorType: '', error: '' })}\n`;

export type FailureType = 'bad_data' | 'execution' | 'unavailable';

export const failure = (status: number, errorType: FailureType, error: string): RulerAnswer => ({
  status,
  contentType: 'application/json',
  body: JSON.stringify({ status: 'error', errorType, error }),
});

export const seriesAreNotKept = failure(
  422,
  'execution',
  'recorded series are not kept here: ruler.keep_series is 0',
);
