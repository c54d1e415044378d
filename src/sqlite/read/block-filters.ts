// Asking the gram filter of a block: from memory, or else from the file, with those of the blocks written beside it.
import type { GramFilter } from '../../kernels/gram-filter.ts';
import { UnitGoneError } from '../../store/store.ts';
import { CorruptBlockError } from '../format/block.ts';
import { openFilter } from '../format/filter.ts';
import { FilterCache, filterCacheMemory } from '../threads/filter-cache.ts';
import type { BlockQuery } from './block-query.ts';

/** Ids read together: filters of neighbours share pages of the file, and a needle asks for all of them. */
const readTogether = 16;

export class BlockFilters {
  readonly #query: BlockQuery;
  readonly #cache: FilterCache;

  /** `memory` is filterCacheMemory of the process; without it the reader has one of its own. */
  constructor(query: BlockQuery, memory: SharedArrayBuffer = filterCacheMemory()) {
    this.#query = query;
    this.#cache = new FilterCache(memory);
  }

  /** The answer of `ask` about a block's filter. Throws UnitGoneError, CorruptBlockError. */
  ask(block: number, ask: (filter: GramFilter) => boolean): boolean {
    return this.#cache.ask(block, ask) ?? ask(this.#read(block));
  }

  #read(block: number): GramFilter {
    const first = block - (block % readTogether);
    // What memory has no room for is not worth reading ahead.
    const rows = this.#cache.wants(block)
      ? this.#query.filters(first, first + readTogether - 1)
      : this.#query.filters(block, block);
    let found: Buffer | undefined;
    for (const [id, bits] of rows)
      if (id === block) found = bits;
      else this.#keep(id, bits);
    if (found === undefined) throw new UnitGoneError(`block ${block} is gone`);
    const filter = openFilter(found);
    this.#cache.keep(block, filter);
    return filter;
  }

  /** Damage of a neighbour is found when that is asked for. */
  #keep(block: number, bits: Buffer): void {
    if (!this.#cache.wants(block)) return;
    try {
      this.#cache.keep(block, openFilter(bits));
    } catch (error) {
      if (!(error instanceof CorruptBlockError)) throw error;
    }
  }
}
