// Queries that are asked together, as of the same time and for one tenant, share what they scan: rules of a group often
// look at the same lines and differ in a bound.
import { seriesBytes } from '../../scan/query-memory.ts';
import type { StepSeries } from '../../scan/ranges/step-series.ts';
import type { Leaf, Steps } from '../../store/scan-task.ts';
import { requestKey } from '../cache/request-key.ts';
import type { QueryRun } from '../run/query-run.ts';

type Series = readonly StepSeries[];

/** Lives as long as its queries. */
export class SharedRanges {
  readonly #scans = new Map<string, Promise<Series>>();

  /** Series of a leaf that is scanned only if no other query has asked for it. A scan that failed is nobody else's. */
  async series(leaf: Leaf, steps: Steps, run: QueryRun, scan: () => Promise<Series>): Promise<Series> {
    const key = requestKey([leaf, steps]);
    const known = await this.#scans.get(key)?.catch(() => undefined);
    if (known !== undefined) {
      run.memory.grow(known.length * seriesBytes(steps.count));
      return known;
    }
    const scanned = scan();
    this.#scans.set(key, scanned);
    return scanned;
  }
}
