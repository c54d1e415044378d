// Deletion requests as readers apply them while entries that they take are still in the data.
import type { Database, Statement } from 'better-sqlite3';
import { type CompiledMatcher, compileMatchers, matchesLabels } from '../../logql/matchers.ts';
import { parseLogQuery } from '../../logql/parser.ts';
import type { Labels } from '../../model/labels.ts';
import type { HiddenSpan } from '../../store/hidden-entries.ts';
import { deleteStatus } from '../../store/stored-deletes.ts';

interface ActiveRequest extends HiddenSpan {
  readonly tenant: string;
  readonly matchers: readonly CompiledMatcher[];
}

interface Row {
  readonly tenant: string;
  readonly query: string;
  readonly first: bigint;
  readonly last: bigint;
}

/** The requests that are not processed yet: of one reader. */
export class ActiveDeletes {
  readonly #changes: Statement<[], number>;
  readonly #rows: Statement<[number], Row>;
  #seenChanges = -1;
  #requests: readonly ActiveRequest[] = [];

  constructor(database: Database) {
    this.#changes = database
      .prepare<[], number>("SELECT value FROM meta WHERE key = 'delete_changes'")
      .pluck();
    this.#rows = database.prepare<[number], Row>(
      'SELECT tenant, query, first, last FROM delete_request WHERE status < ? ORDER BY row',
    );
    this.#rows.safeIntegers();
  }

  /** Inside the read transaction of a plan. Returns a number that changes with the requests. */
  refresh(): number {
    const changes = this.#changes.get() ?? 0;
    if (changes === this.#seenChanges) return changes;
    this.#seenChanges = changes;
    this.#requests = this.#rows.all(deleteStatus.processed).map(({ tenant, query, first, last }) => ({
      tenant,
      query,
      firstNs: first,
      lastNs: last,
      matchers: compileMatchers(parseLogQuery(query).matchers),
    }));
    return changes;
  }

  /** What hides entries of a stream; undefined: nothing. */
  of(tenant: string, labels: Labels): readonly HiddenSpan[] | undefined {
    if (this.#requests.length === 0) return undefined;
    const spans = this.#requests
      .filter((request) => request.tenant === tenant && matchesLabels(request.matchers, labels))
      .map(({ query, firstNs, lastNs }) => ({ query, firstNs, lastNs }));
    return spans.length === 0 ? undefined : spans;
  }
}
