// The contract of deletions: entries that a query selects in a range of time, hidden from every query at once and
// removed from the data in the background.
import type { LogQuery } from '../logql/ast.ts';
import type { TimeRange } from '../model/time.ts';
import type { RpcPeer } from '../threads/rpc.ts';

export interface NewDeleteRequest extends TimeRange {
  readonly tenant: string;
  /** Selector, and stages if not all entries of the streams shall go. */
  readonly query: LogQuery;
}

/** received: hidden, may be cancelled; processing: being removed; processed: removed. */
export type DeleteStatus = 'received' | 'processing' | 'processed';

/** Range: `[startNs, endNs)`. Structured-cloneable. */
export interface DeleteRequest extends TimeRange {
  /** Eight hexadecimal digits. */
  readonly requestId: string;
  readonly tenant: string;
  /** As format_query prints it on one line. */
  readonly query: string;
  /** Unix milliseconds. */
  readonly createdMs: number;
  readonly status: DeleteStatus;
  /** Share of the blocks that are done, 0 to 1. */
  readonly progress: number;
  /** Entries removed so far. */
  readonly deletedEntries: number;
}

export type DeleteCancelling = 'cancelled' | 'unknown' | 'too late';

export interface StoreDeletes {
  /**
   * Resolves when the request is durable and every plan made from then on hides its entries. Rejects with
   * DeleteRequestsError when the tenant has too many requests that are not processed yet, and with ParseError when a
   * stage is wrong in itself.
   */
  create(request: NewDeleteRequest): Promise<DeleteRequest>;
  /** Oldest first; processed ones are kept for a while, a bounded number of a tenant. */
  list(tenant: string): Promise<readonly DeleteRequest[]>;
  /**
   * Takes back a request that is still `received`: its entries show again. `force` also stops one that is being
   * processed: what is gone stays gone.
   */
  cancel(
    tenant: string,
    requestId: string,
    options?: { readonly force?: boolean },
  ): Promise<DeleteCancelling>;
}

/** What the thread that keeps the deletions offers. */
export interface DeleteCalls {
  createDelete(request: NewDeleteRequest): Promise<DeleteRequest>;
  listDeletes(tenant: string): Promise<readonly DeleteRequest[]>;
  cancelDelete(params: {
    readonly tenant: string;
    readonly requestId: string;
    readonly force: boolean;
  }): Promise<DeleteCancelling>;
}

/** Deletions that are another thread's. */
export const deletesOver = (thread: Pick<RpcPeer<DeleteCalls>, 'call'>): StoreDeletes => ({
  create: (request) => thread.call('createDelete', request),
  list: (tenant) => thread.call('listDeletes', tenant),
  cancel: (tenant, requestId, { force = false } = {}) =>
    thread.call('cancelDelete', { tenant, requestId, force }),
});

/** Too many requests wait: try again when some are processed. */
export class DeleteRequestsError extends Error {
  override readonly name = 'DeleteRequestsError';
}
