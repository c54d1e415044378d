// How a query can fail, wherever it runs; HTTP has a status for each.

/** A limit of the tenant or a rule of the query was broken: HTTP 400 with `message`. */
export class QueryLimitError extends Error {
  override readonly name = 'QueryLimitError';
}
/** The query cannot be evaluated on this data (pipeline error, many-to-many match, …): HTTP 400, or 500 where Loki has it. */
export class QueryEvaluationError extends Error {
  override readonly name = 'QueryEvaluationError';
}
/** As many queries of the tenant wait as may: HTTP 429 with `message`. */
export class QueryQueueFullError extends Error {
  override readonly name = 'QueryQueueFullError';
}
/** Deadline passed: HTTP 504. */
export class QueryTimeoutError extends Error {
  override readonly name = 'QueryTimeoutError';
}
/** The thread that worked on the query is gone; another try may succeed: HTTP 503. */
export class QueryWorkerLostError extends Error {
  override readonly name = 'QueryWorkerLostError';
}
/** The caller's signal fired: HTTP 499. */
export class QueryCancelledError extends Error {
  override readonly name = 'QueryCancelledError';
}
