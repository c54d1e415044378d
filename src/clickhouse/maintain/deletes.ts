// Deletions: rows of `delete_request` on the first shard, which every plan reads, so that they hide entries at once; and
// the removal of what they name, when they can no longer be taken back.
import { randomBytes } from 'node:crypto';
import { printExpr } from '../../logql/print.ts';
import type {
  DeleteCancelling,
  DeleteRequest,
  NewDeleteRequest,
  StoreDeletes,
} from '../../store/delete-requests.ts';
import type { DeleteTotals } from '../../store/statistics.ts';
import { admitDelete, deleteStatus, deleteStatusName, storedBounds } from '../../store/stored-deletes.ts';
import { RowWriter } from '../format/row-writer.ts';
import {
  cancelledStatus,
  type DeleteRow,
  type DeleteValues,
  deleteColumns,
  deleteRow,
  deleteRows,
} from '../read/delete-rows.ts';
import type { Cluster } from '../server/cluster.ts';
import type { ClickHouseSettings } from '../settings.ts';
import { EntryRemoval } from './entry-removal.ts';

/** Tenants whose removals are told apart. */
const tenantsTold = 100;

export class ClickHouseDeletes implements StoreDeletes {
  readonly #cluster: Cluster;
  readonly #settings: ClickHouseSettings;
  readonly #removal: EntryRemoval;
  readonly #byTenant = new Map<string, { processed: number; deletedEntries: number }>();
  #lastVersion = 0n;

  constructor(cluster: Cluster, settings: ClickHouseSettings) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#removal = new EntryRemoval(cluster, settings);
  }

  async create(request: NewDeleteRequest): Promise<DeleteRequest> {
    const { tenant, query } = request;
    const rows = await deleteRows(this.#cluster, this.#settings.database, tenant);
    admitDelete(request, rows.filter(({ status }) => status < deleteStatus.processed).length);
    const row: DeleteRow = {
      id: randomBytes(4).toString('hex'),
      tenant,
      query: printExpr(query),
      ...storedBounds(request),
      createdMs: Date.now(),
      status: deleteStatus.received,
      deletedEntries: 0,
    };
    await this.#write(row);
    return shown(row);
  }

  async list(tenant: string): Promise<readonly DeleteRequest[]> {
    return (await deleteRows(this.#cluster, this.#settings.database, tenant)).map(shown);
  }

  async cancel(
    tenant: string,
    requestId: string,
    { force = false }: { readonly force?: boolean } = {},
  ): Promise<DeleteCancelling> {
    const row = await this.#find(tenant, requestId);
    if (row === undefined) return 'unknown';
    if (row.status !== deleteStatus.received && !(force && row.status === deleteStatus.processing))
      return 'too late';
    await this.#write({ ...row, status: cancelledStatus });
    return 'cancelled';
  }

  /** Removes what requests name that can no longer be taken back. */
  async runDue(signal: AbortSignal): Promise<void> {
    const untilMs = Date.now() - this.#settings.deleteDelayMs;
    for (const row of await this.#waiting()) {
      if (row.createdMs > untilMs) continue;
      if (row.status === deleteStatus.received)
        await this.#write({ ...row, status: deleteStatus.processing });
      const deletedEntries = await this.#removal.run(row, signal);
      // It may have been stopped meanwhile.
      if ((await this.#find(row.tenant, row.id)) === undefined) continue;
      await this.#write({ ...row, status: deleteStatus.processed, deletedEntries });
      this.#count(row.tenant, deletedEntries);
    }
  }

  async totals(): Promise<DeleteTotals> {
    const waiting = await this.#waiting();
    return {
      freedBytes: 0,
      pending: waiting.length,
      oldestPendingMs: waiting[0]?.createdMs,
      byTenant: [...this.#byTenant].map(([tenant, counts]) => ({ tenant, ...counts })),
    };
  }

  /** Of all tenants, oldest first. */
  async #waiting(): Promise<readonly DeleteRow[]> {
    const rows = await this.#cluster.first.rows<DeleteValues>({
      sql: `SELECT ${deleteColumns} FROM ${this.#settings.database}.delete_request FINAL WHERE status < ${deleteStatus.processed} ORDER BY created, id FORMAT JSONCompactEachRow`,
      values: {},
    });
    return rows.map(deleteRow);
  }

  async #find(tenant: string, requestId: string): Promise<DeleteRow | undefined> {
    const rows = await deleteRows(this.#cluster, this.#settings.database, tenant);
    return rows.find(({ id }) => id === requestId);
  }

  async #write({
    tenant,
    id,
    query,
    firstNs,
    lastNs,
    createdMs,
    status,
    deletedEntries,
  }: DeleteRow): Promise<void> {
    const rows = new RowWriter();
    rows.text(tenant);
    rows.text(id);
    rows.text(query);
    rows.i64(firstNs);
    rows.i64(lastNs);
    rows.u64(BigInt(createdMs));
    rows.u8(status);
    rows.u64(BigInt(deletedEntries));
    const version = this.#nextVersion();
    rows.u64(version);
    await this.#cluster.first.insert({
      table: 'delete_request',
      columns: 'tenant, id, query, first_ts, last_ts, created, status, deleted, version',
      body: rows.written,
      token: `${id}:${version}`,
    });
  }

  #nextVersion(): bigint {
    const now = BigInt(Date.now()) << 12n;
    this.#lastVersion = now > this.#lastVersion ? now : this.#lastVersion + 1n;
    return this.#lastVersion;
  }

  #count(tenant: string, deletedEntries: number): void {
    const name = this.#byTenant.has(tenant) || this.#byTenant.size < tenantsTold ? tenant : 'other';
    const counts = this.#byTenant.get(name) ?? { processed: 0, deletedEntries: 0 };
    counts.processed++;
    counts.deletedEntries += deletedEntries;
    this.#byTenant.set(name, counts);
  }
}

const shown = (row: DeleteRow): DeleteRequest => ({
  requestId: row.id,
  tenant: row.tenant,
  query: row.query,
  startNs: row.firstNs,
  endNs: row.lastNs + 1n,
  createdMs: row.createdMs,
  status: deleteStatusName(row.status),
  progress: row.status === deleteStatus.processed ? 1 : 0,
  deletedEntries: row.deletedEntries,
});
