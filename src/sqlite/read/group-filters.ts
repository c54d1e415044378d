// Asking the filters of whole groups of blocks: which of them may hold the literals of a query.
import type { Database, Statement } from 'better-sqlite3';
import { gramHashes } from '../../kernels/gram-filter.ts';
import { type GroupShape, groupedBitsLog2, openSlice, slicePlace } from '../format/filter-group.ts';
import { sqliteCode } from '../format/open-database.ts';
import type { BlockHeads } from './block-heads.ts';
import type { ScanFilter } from './scan-filter.ts';

export class GroupFilters {
  readonly #shape: Statement<[number], readonly [filterBytes: number, members: number]> | undefined;
  readonly #slice: Statement<[number, number, number], Buffer> | undefined;

  constructor(database: Database) {
    const isThere = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'filter_slice'").get();
    if (isThere === undefined) return;
    this.#shape = database
      .prepare<[number], readonly [number, number]>(
        'SELECT filter_bytes, members FROM filter_group WHERE id = ? AND ready > 0',
      )
      .raw();
    this.#slice = database
      .prepare<[number, number, number], Buffer>(
        'SELECT substr(bits, 1 + ?, ?) FROM filter_slice WHERE id = ?',
      )
      .pluck();
  }

  /** Inside one read transaction: tells blocks that hold no line that passes. Undefined: the filter says nothing about grams. */
  test(heads: BlockHeads, filter: ScanFilter | undefined): ((block: number) => boolean) | undefined {
    if (filter === undefined || !filter.usesGrams || this.#shape === undefined) return undefined;
    const clauses = filter.grams.map((needles) => needles.map(gramHashes));
    const known = new Map<number, Uint8Array | undefined>();
    return (block) => {
      const group = heads.groupOf(block);
      if (group === 0) return true;
      let bits = known.get(group);
      if (bits === undefined && !known.has(group)) {
        bits = this.#ask(group, clauses);
        known.set(group, bits);
      }
      if (bits === undefined) return true;
      const place = heads.placeInGroup(block);
      return ((bits[place >> 3] as number) & (1 << (place & 7))) !== 0;
    };
  }

  /** A bit for each member that may hold all clauses: of each clause one needle. Undefined when the group is gone or damaged. */
  #ask(group: number, clauses: readonly (readonly Uint32Array[])[]): Uint8Array | undefined {
    try {
      const [filterBytes, members] = this.#shape?.get(group) ?? [0, 0];
      if (members === 0) return undefined;
      const shape = { filterBytes, members };
      const all = new Uint8Array(Math.ceil(members / 8)).fill(0xff);
      for (const needles of clauses) {
        const some = new Uint8Array(all.length);
        for (const hashes of needles) {
          const bits = this.#withAll(group, shape, hashes, all);
          if (bits === undefined) return undefined;
          for (let i = 0; i < some.length; i++) (some[i] as number) |= bits[i] as number;
        }
        all.set(some);
      }
      return all;
    } catch (error) {
      if (sqliteCode(error).startsWith('SQLITE_CORRUPT')) return undefined;
      throw error;
    }
  }

  /** Of `among` those whose filters have all the hashes. */
  #withAll(group: number, shape: GroupShape, hashes: Uint32Array, among: Uint8Array): Uint8Array | undefined {
    const left = Uint8Array.from(among);
    const mask = shape.filterBytes * 8 - 1;
    for (const hash of hashes) {
      if (left.every((byte) => byte === 0)) break;
      const slice = (hash >>> (32 - groupedBitsLog2)) & mask;
      const { row, at, bytes } = slicePlace(group, shape, slice);
      const stored = this.#slice?.get(at, bytes, row);
      const bits = stored && openSlice(group, slice, stored);
      if (bits === undefined || bits.length < left.length) return undefined;
      for (let i = 0; i < left.length; i++) (left[i] as number) &= bits[i] as number;
    }
    return left;
  }
}
