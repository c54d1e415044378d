// Where blocks marked as damaged lie: plans leave them out, and say so.
import { createHash } from 'node:crypto';
import type { Database, Statement } from 'better-sqlite3';
import type { TimeRange } from '../../model/time.ts';
import { rowFlags } from '../format/schema.ts';

type Row = readonly [stream: bigint, t0: bigint, t1: bigint, id: bigint];

export class DamagedBlocks {
  readonly #all: Statement<[], Row>;
  #changes: number | undefined;
  readonly #spans = new Map<number, TimeRange[]>();
  /** Differs when other blocks are damaged. */
  digest = '';

  constructor(database: Database) {
    this.#all = database
      .prepare<[], Row>(
        `SELECT stream, t0, t1, id FROM block WHERE until IS NULL AND flags & ${rowFlags.damaged} <> 0
         ORDER BY id`,
      )
      .raw()
      .safeIntegers();
  }

  /** Inside a read transaction; `changes`: CatalogState's, which marks of damage count up. */
  refresh(changes: number): void {
    if (changes === this.#changes) return;
    this.#changes = changes;
    this.#spans.clear();
    const ids = createHash('sha256');
    for (const [stream, startNs, lastNs, block] of this.#all.iterate()) {
      ids.update(`${block} `);
      const id = Number(stream);
      const spans = this.#spans.get(id);
      const span = { startNs, endNs: lastNs + 1n };
      if (spans === undefined) this.#spans.set(id, [span]);
      else spans.push(span);
    }
    this.digest = ids.digest('base64');
  }

  /** Damaged blocks of a stream that may have had entries in the range. */
  count(stream: number, { startNs, endNs }: TimeRange): number {
    const spans = this.#spans.get(stream);
    if (spans === undefined) return 0;
    return spans.filter((span) => span.startNs < endNs && span.endNs > startNs).length;
  }
}
