// Rows of `delete_request`: the newest version of each.
import { compileMatchers, matchesLabels } from '../../logql/matchers.ts';
import { parseLogQuery } from '../../logql/parser.ts';
import type { Labels } from '../../model/labels.ts';
import type { HiddenSpan } from '../../store/hidden-entries.ts';
import { deleteStatus } from '../../store/stored-deletes.ts';
import type { Cluster } from '../server/cluster.ts';
import { ofTenant } from '../server/statement.ts';

/** Of a request that was taken back: rows are replaced, not removed. */
export const cancelledStatus = 3;

export interface DeleteRow extends HiddenSpan {
  readonly id: string;
  readonly tenant: string;
  readonly createdMs: number;
  readonly status: number;
  readonly deletedEntries: number;
}

export const deleteColumns =
  'tenant, id, query, toString(first_ts), toString(last_ts), toString(created), status, toString(deleted)';
export type DeleteValues = [string, string, string, string, string, string, number, string];

export const deleteRow = ([
  tenant,
  id,
  query,
  first,
  last,
  created,
  status,
  deleted,
]: DeleteValues): DeleteRow => ({
  tenant,
  id,
  query,
  firstNs: BigInt(first),
  lastNs: BigInt(last),
  createdMs: Number(created),
  status,
  deletedEntries: Number(deleted),
});

/** Of a tenant, oldest first. */
export async function deleteRows(
  cluster: Cluster,
  database: string,
  tenant: string,
  signal?: AbortSignal,
): Promise<readonly DeleteRow[]> {
  const rows = await cluster.first.rows<DeleteValues>(
    ofTenant(
      { database, tenant },
      {
        select: deleteColumns,
        from: 'delete_request',
        where: [`status != ${cancelledStatus}`],
        tail: 'ORDER BY created, id',
        format: 'JSONCompactEachRow',
      },
    ),
    signal,
  );
  return rows.map(deleteRow);
}

/** What hides entries of streams. */
export class ActiveDeletes {
  /** Differs when other entries are hidden. */
  readonly digest: string;
  readonly #requests: readonly (HiddenSpan & { readonly takes: (labels: Labels) => boolean })[];

  constructor(rows: readonly DeleteRow[]) {
    const active = rows.filter(({ status }) => status < deleteStatus.processed);
    this.digest = active.map(({ id }) => id).join(' ');
    this.#requests = active.map(({ query, firstNs, lastNs }) => {
      const matchers = compileMatchers(parseLogQuery(query).matchers);
      return { query, firstNs, lastNs, takes: (labels) => matchesLabels(matchers, labels) };
    });
  }

  /** Undefined: nothing. */
  of(labels: Labels): readonly HiddenSpan[] | undefined {
    const spans = this.#requests.filter(({ takes }) => takes(labels));
    return spans.length === 0 ? undefined : spans;
  }
}
