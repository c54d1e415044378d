// What an error of ClickHouse, or of the way to it, means for who asked.
import { ClickHouseError } from '@clickhouse/client';
import { QueryLimitError, QueryTimeoutError } from '../../scan/query-errors.ts';
import { StoreFullError } from '../../store/store.ts';

/** Codes of ClickHouse's ErrorCodes.cpp. */
const codes = {
  timeoutExceeded: 159,
  tooManyRows: 158,
  tooManySimultaneousQueries: 202,
  socketTimeout: 209,
  networkError: 210,
  noKeeper: 225,
  aborted: 236,
  memoryLimitExceeded: 241,
  tableIsReadOnly: 242,
  notEnoughSpace: 243,
  tooManyParts: 252,
  tooFewLiveReplicas: 285,
  unsatisfiedQuorum: 286,
  tooManyBytes: 307,
  unknownStatusOfInsert: 319,
  queryWasCancelled: 394,
  keeperException: 999,
} as const;

/** Another replica, or the same one later, may do what this one did not; an insert may still have been done. */
const doubtful: ReadonlySet<number> = new Set([
  codes.timeoutExceeded,
  codes.tooManySimultaneousQueries,
  codes.socketTimeout,
  codes.networkError,
  codes.noKeeper,
  codes.aborted,
  codes.memoryLimitExceeded,
  codes.tableIsReadOnly,
  codes.tooFewLiveReplicas,
  codes.unsatisfiedQuorum,
  codes.unknownStatusOfInsert,
  codes.queryWasCancelled,
  codes.keeperException,
]);

/** The number of an error that ClickHouse answered with; undefined: no answer came. */
export function codeOf(error: unknown): number | undefined {
  if (error instanceof ClickHouseError) return Number(error.code);
  // The client knows only answers that end in the error's name and the version.
  const [, code] = error instanceof Error ? (/^Code: (\d+)\./.exec(error.message) ?? []) : [];
  return code === undefined ? undefined : Number(code);
}

/** Whether an insert that ended so has to be sent again, since it may have been stored or may be yet. */
export function isDoubtful(error: unknown): boolean {
  const code = codeOf(error);
  return code === undefined || doubtful.has(code);
}

/** Whether a statement that only reads is worth a try at another replica. */
export function isOfReplica(error: unknown): boolean {
  const code = codeOf(error);
  return (
    code === undefined ||
    (doubtful.has(code) && code !== codes.timeoutExceeded && code !== codes.memoryLimitExceeded)
  );
}

/** The error that callers of the store know for what an insert ended with. */
export function insertError(error: unknown): unknown {
  switch (codeOf(error)) {
    case codes.notEnoughSpace:
      return new StoreFullError('ClickHouse has no space left: nothing was stored, try later', {
        cause: error,
      });
    case codes.tooManyParts:
      return new StoreFullError('ClickHouse merges more slowly than entries come: try later', {
        cause: error,
      });
    default:
      return error;
  }
}

/** The error that callers of the store know for what a query ended with. */
export function queryError(error: unknown): unknown {
  switch (codeOf(error)) {
    case codes.timeoutExceeded:
      return new QueryTimeoutError('query timed out in ClickHouse', { cause: error });
    case codes.memoryLimitExceeded:
      return new QueryLimitError('the query takes more memory than ClickHouse allows it', { cause: error });
    case codes.tooManyBytes:
    case codes.tooManyRows:
      return new QueryLimitError('the query would read more than ClickHouse allows it', { cause: error });
    default:
      return error;
  }
}
