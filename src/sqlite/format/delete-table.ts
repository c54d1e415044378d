// Rows of deletions, as the builder writes them.
import { randomBytes } from 'node:crypto';
import type { Database, Statement } from 'better-sqlite3';
import { printExpr } from '../../logql/print.ts';
import type { DeleteRequest, NewDeleteRequest } from '../../store/delete-requests.ts';
import type { DeleteTotals } from '../../store/statistics.ts';
import { admitDelete, deleteStatus, deleteStatusName, storedBounds } from '../../store/stored-deletes.ts';
import { failpoint } from '../threads/failpoint.ts';

/** Processed requests of a tenant that stay in the list. */
export const processedDeletesKept = 1000;

/** Progress is `done` of `total` blocks. `first` and `last`: Unix ns, inclusive. */
export interface DeleteRow {
  readonly row: number;
  readonly id: string;
  readonly tenant: string;
  readonly query: string;
  readonly first: bigint;
  readonly last: bigint;
  readonly created: number;
  readonly status: number;
  readonly done: number;
  readonly total: number;
  readonly deleted: number;
}
type RawRow = { readonly [K in keyof DeleteRow]: DeleteRow[K] extends string ? string : bigint };

export class DeleteTable {
  readonly #next: Statement<[number], RawRow>;
  readonly #byId: Statement<[string], RawRow>;
  readonly #ofTenant: Statement<[string], RawRow>;
  readonly #waiting: Statement<[string, number], number>;
  readonly #pending: Statement<[number], { pending: number; oldest: number | null }>;
  readonly #insert: Statement<[string, string, string, bigint, bigint, number]>;
  readonly #update: Statement<[number, number, number, number, number]>;
  readonly #remove: Statement<[number]>;
  readonly #prune: Statement<[string, number, string, number, number]>;
  readonly #count: Statement<[]>;

  constructor(database: Database) {
    const rows = <P extends unknown[]>(where: string): Statement<P, RawRow> => {
      const statement = database.prepare<P, RawRow>(`SELECT * FROM delete_request ${where}`);
      statement.safeIntegers();
      return statement;
    };
    this.#next = rows('WHERE status < ? ORDER BY row LIMIT 1');
    this.#byId = rows('WHERE id = ?');
    this.#ofTenant = rows('WHERE tenant = ? ORDER BY row');
    this.#waiting = database
      .prepare<[string, number], number>(
        'SELECT count(*) FROM delete_request WHERE tenant = ? AND status < ?',
      )
      .pluck();
    this.#pending = database.prepare(
      'SELECT count(*) AS pending, min(created) AS oldest FROM delete_request WHERE status < ?',
    );
    this.#insert = database.prepare(
      `INSERT INTO delete_request(id, tenant, query, first, last, created, status, done, total, deleted)
       VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0, 0)`,
    );
    this.#update = database.prepare(
      'UPDATE delete_request SET status = ?, done = ?, total = ?, deleted = ? WHERE row = ?',
    );
    this.#remove = database.prepare('DELETE FROM delete_request WHERE row = ?');
    this.#prune = database.prepare(
      `DELETE FROM delete_request WHERE tenant = ? AND status = ? AND row NOT IN
       (SELECT row FROM delete_request WHERE tenant = ? AND status = ? ORDER BY row DESC LIMIT ?)`,
    );
    this.#count = database.prepare("UPDATE meta SET value = value + 1 WHERE key = 'delete_changes'");
  }

  /** Inside a transaction. Throws DeleteRequestsError, ParseError. */
  create(request: NewDeleteRequest): DeleteRequest {
    const { tenant, query } = request;
    admitDelete(request, this.#waiting.get(tenant, deleteStatus.processed) ?? 0);
    const { firstNs, lastNs } = storedBounds(request);
    let id = randomBytes(4).toString('hex');
    while (this.#byId.get(id) !== undefined) id = randomBytes(4).toString('hex');
    this.#insert.run(id, tenant, printExpr(query), firstNs, lastNs, Date.now());
    failpoint('delete: inside the creation');
    this.#count.run();
    return deleteRequest(this.#byId.get(id) as RawRow);
  }

  list(tenant: string): readonly DeleteRequest[] {
    return this.#ofTenant.all(tenant).map(deleteRequest);
  }

  /** Requests of all tenants that are not processed, and when the oldest was made. */
  pending(): Pick<DeleteTotals, 'pending' | 'oldestPendingMs'> {
    const row = this.#pending.get(deleteStatus.processed);
    return { pending: row?.pending ?? 0, oldestPendingMs: row?.oldest ?? undefined };
  }

  /** The oldest that is not processed. */
  next(): DeleteRow | undefined {
    const row = this.#next.get(deleteStatus.processed);
    return row === undefined ? undefined : deleteRow(row);
  }

  find(tenant: string, id: string): DeleteRow | undefined {
    const row = this.#byId.get(id);
    return row === undefined || row.tenant !== tenant ? undefined : deleteRow(row);
  }

  /** Inside a transaction. */
  remove(row: number): void {
    this.#remove.run(row);
    this.#count.run();
  }

  /** Inside a transaction. */
  progress(
    request: DeleteRow,
    progress: {
      readonly status: number;
      readonly done: number;
      readonly total: number;
      readonly deleted: number;
    },
  ): void {
    const { status, done, total, deleted } = progress;
    this.#update.run(status, done, total, deleted, request.row);
    if (status !== deleteStatus.processed) return;
    this.#prune.run(request.tenant, status, request.tenant, status, processedDeletesKept);
    failpoint('delete: inside the completion');
    this.#count.run();
  }
}

function deleteRow(row: RawRow): DeleteRow {
  return {
    ...row,
    row: Number(row.row),
    created: Number(row.created),
    status: Number(row.status),
    done: Number(row.done),
    total: Number(row.total),
    deleted: Number(row.deleted),
  };
}

function deleteRequest(raw: RawRow): DeleteRequest {
  const { id, tenant, query, first, last, created, status, done, total, deleted } = deleteRow(raw);
  return {
    requestId: id,
    tenant,
    query,
    startNs: first,
    endNs: last + 1n,
    createdMs: created,
    status: deleteStatusName(status),
    progress: status === deleteStatus.processed ? 1 : total === 0 ? 0 : Math.min(1, done / total),
    deletedEntries: deleted,
  };
}
