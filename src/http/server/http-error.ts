// Every failure that becomes an HTTP answer, and the one table from errors to status and text.

import { ParseError } from '../../logql/parse-error.ts';
import { RegexWorkError } from '../../regex/work-limit.ts';
import {
  QueryCancelledError,
  QueryEvaluationError,
  QueryLimitError,
  QueryQueueFullError,
  QueryTimeoutError,
  QueryWorkerLostError,
} from '../../scan/query-errors.ts';
import { StoreUnavailableError } from '../../store/store.ts';
import { RpcClosedError } from '../../threads/rpc.ts';
import { ThreadStalledError } from '../../threads/vital-thread.ts';
import { cutError } from '../encode/echo.ts';

/** An answer other than success, decided by HTTP itself (a bad parameter, a missing tenant, a full queue). */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** A parameter that cannot be understood: 400. */
export const badRequest = (message: string): HttpError => new HttpError(400, message);

export interface ErrorAnswer {
  readonly status: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
  /** True: nobody expected this; it is logged with its stack and counted. */
  readonly unexpected: boolean;
}

const timeoutText =
  'request timed out, decrease the duration of the request or add more label matchers (prefer exact match over regex match) to reduce the amount of data processed';

/** For what passes by itself: how long to wait before the next try. */
export const retrySoon: Readonly<Record<string, string>> = { 'Retry-After': '1' };

/** Client's fault 4xx with its text, limits 400, queue full 429, deadline 504, worker gone 503, client gone 499, the rest 500. */
export function errorAnswer(error: unknown): ErrorAnswer {
  const answer = wholeAnswer(error);
  return { ...answer, message: cutError(answer.message) };
}

function wholeAnswer(error: unknown): ErrorAnswer {
  if (error instanceof HttpError)
    return { status: error.status, message: error.message, headers: error.headers, unexpected: false };
  if (
    error instanceof ParseError ||
    error instanceof QueryLimitError ||
    error instanceof QueryEvaluationError ||
    error instanceof RegexWorkError
  )
    return { status: 400, message: error.message, headers: {}, unexpected: false };
  if (error instanceof QueryQueueFullError)
    return { status: 429, message: error.message, headers: retrySoon, unexpected: false };
  if (error instanceof QueryTimeoutError)
    return { status: 504, message: timeoutText, headers: {}, unexpected: false };
  if (error instanceof QueryCancelledError)
    return {
      status: 499,
      message: 'the request was cancelled by the client',
      headers: {},
      unexpected: false,
    };
  if (error instanceof QueryWorkerLostError)
    // Why it went is in the log already.
    return {
      status: 503,
      message: 'a query worker stopped while it worked on this query; it is being replaced, try again',
      headers: retrySoon,
      unexpected: false,
    };
  if (error instanceof StoreUnavailableError)
    return { status: 503, message: error.message, headers: retrySoon, unexpected: false };
  if (error instanceof RpcClosedError || error instanceof ThreadStalledError)
    return {
      status: 503,
      message: 'a part of the gateway is not available, try again later',
      headers: { 'Retry-After': '5' },
      unexpected: false,
    };
  // The text of a bug may hold anything; the log has it under the request's id.
  return {
    status: 500,
    message: 'internal error, see the log of the gateway',
    headers: {},
    unexpected: true,
  };
}
