// Puts the filters of blocks side by side (filter-group.ts), in idle time: made from what the blocks have, and made again
// when it is gone. Until then, and for what is left over, readers ask the filters one by one.
import type { Database, Statement } from 'better-sqlite3';
import { lowerBound } from '../../model/lower-bound.ts';
import { CorruptBlockError } from '../format/block.ts';
import { openFilter } from '../format/filter.ts';
import {
  decodeMembers,
  encodeMembers,
  encodeSliceRow,
  type GroupShape,
  groupedBitsLog2,
  groupMembersMax,
  sliceRowId,
  sliceRows,
} from '../format/filter-group.ts';
import { pageBytes } from '../format/schema.ts';
import { failpoint } from '../threads/failpoint.ts';
import type { Builder } from './builder.ts';

/** Fewer blocks are not worth a group. */
const membersMin = 64;
/** Groups with fewer blocks than this are put together, so many at a time. */
const smallMembers = 640;
const smallGroupsMax = 8;
/** Ids of blocks looked at in one step. */
const lookedTogether = 512;
/** Rows of slices written, or deleted, in one step. */
const rowsTogether = 64;
const idEnd = 2 ** 32;

interface Group {
  readonly id: number;
  readonly filterBytes: number;
  /** Ascending. */
  readonly members: Uint32Array;
  /** Members whose blocks are there. */
  live: number;
}

/** A group that is being written. */
interface Work {
  readonly id: number;
  readonly shape: GroupShape;
  readonly members: readonly number[];
  readonly filters: Buffer;
  /** Go when it is ready. */
  readonly replaces: readonly Group[];
  nextRow: number;
}

export class FilterGroups {
  readonly #builder: Builder;
  readonly #groupRows: Statement<[], readonly [id: number, filterBytes: number, ready: number, ids: Buffer]>;
  readonly #all: Statement<[], number>;
  readonly #added: Statement<[number, number], number>;
  readonly #filterBytes: Statement<[number], number>;
  readonly #filter: Statement<[number], Buffer>;
  readonly #goneEnd: Statement<[], number>;
  readonly #gone: Statement<[number], number>;
  readonly #insertGroup: Statement<[number, number, Buffer]>;
  readonly #insertSlices: Statement<[number, Buffer]>;
  readonly #countReady: Statement<[]>;
  readonly #setReady: Statement<[number]>;
  readonly #deleteSlices: Statement<[number, number, number]>;
  readonly #deleteGroup: Statement<[number]>;
  #groups: Group[] | undefined;
  /** Blocks without a group, by the size of their filters as stored. */
  #waiting = new Map<number, number[]>();
  /** What there was when the groups were loaded, ascending; looked at first. */
  #present = new Float64Array(0);
  #presentFrom = 0;
  /** Those of them that have gone since and were not looked at yet. */
  readonly #goneAhead = new Set<number>();
  #lookedThrough = 0;
  #goneThrough = 0;
  #work: Work | undefined;
  /** Numbers of groups that go. */
  #doomed: number[] = [];

  constructor(builder: Builder, database: Database) {
    this.#builder = builder;
    this.#groupRows = database
      .prepare<[], readonly [number, number, number, Buffer]>(
        'SELECT id, filter_bytes, ready, ids FROM filter_group ORDER BY id',
      )
      .raw();
    // From an index, of some fifty bytes a block: filters are a hundred times as large.
    this.#all = database.prepare<[], number>('SELECT id FROM block').pluck();
    this.#added = database
      .prepare<[number, number], number>('SELECT id FROM block_filter WHERE id > ? ORDER BY id LIMIT ?')
      .pluck();
    this.#filterBytes = database
      .prepare<[number], number>('SELECT length(bits) FROM block_filter WHERE id = ?')
      .pluck();
    this.#filter = database.prepare<[number], Buffer>('SELECT bits FROM block_filter WHERE id = ?').pluck();
    this.#goneEnd = database
      .prepare<[], number>("SELECT seq FROM sqlite_sequence WHERE name = 'block_gone'")
      .pluck();
    this.#gone = database.prepare<[number], number>('SELECT id FROM block_gone WHERE row > ?').pluck();
    this.#insertGroup = database.prepare(
      'INSERT INTO filter_group(filter_bytes, members, ready, ids) VALUES (?, ?, 0, ?)',
    );
    this.#insertSlices = database.prepare('INSERT INTO filter_slice VALUES (?, ?)');
    this.#countReady = database.prepare("UPDATE meta SET value = value + 1 WHERE key = 'filter_groups'");
    this.#setReady = database.prepare(
      "UPDATE filter_group SET ready = (SELECT value FROM meta WHERE key = 'filter_groups') WHERE id = ?",
    );
    this.#deleteSlices = database.prepare(
      `DELETE FROM filter_slice WHERE id IN
       (SELECT id FROM filter_slice WHERE id >= ? AND id < ? ORDER BY id LIMIT ?)`,
    );
    this.#deleteGroup = database.prepare('DELETE FROM filter_group WHERE id = ?');
  }

  /** A few milliseconds of work. False: there is nothing to do. */
  step(): boolean {
    if (this.#groups === undefined) {
      this.#groups = this.#load();
      return true;
    }
    if (this.#work !== undefined) {
      this.#goOn(this.#work, this.#groups);
      return true;
    }
    if (this.#deleteSome() || this.#follow(this.#groups) || this.#look(this.#groups)) return true;
    return this.#begin(this.#groups);
  }

  /** What is known of the file may be wrong: after a transaction that did not come about. */
  reset(): void {
    this.#groups = undefined;
  }

  #load(): Group[] {
    this.#waiting = new Map();
    this.#present = Float64Array.from(this.#all.all()).sort();
    this.#presentFrom = 0;
    this.#goneAhead.clear();
    this.#lookedThrough = 0;
    this.#work = undefined;
    this.#doomed = [];
    this.#goneThrough = this.#goneEnd.get() ?? 0;
    const groups: Group[] = [];
    for (const [id, filterBytes, ready, ids] of this.#groupRows.all()) {
      const members = ready > 0 ? decodeMembers(ids) : undefined;
      if (members === undefined) this.#doomed.push(id);
      else groups.push({ id, filterBytes, members, live: 0 });
    }
    return groups;
  }

  #deleteSome(): boolean {
    const [group] = this.#doomed;
    if (group === undefined) return false;
    this.#builder.transaction(() => {
      const [from, end] = [sliceRowId(group, 0), sliceRowId(group + 1, 0)];
      if (this.#deleteSlices.run(from, end, rowsTogether).changes > 0) return;
      this.#deleteGroup.run(group);
      this.#doomed.shift();
    });
    return true;
  }

  /** Counts out blocks that went. */
  #follow(groups: Group[]): boolean {
    const end = this.#goneEnd.get() ?? 0;
    if (end === this.#goneThrough) return false;
    const gone = this.#gone.all(this.#goneThrough);
    if (gone.length !== end - this.#goneThrough) {
      this.reset();
      return true;
    }
    this.#goneThrough = end;
    for (const id of gone) {
      // Those further on have not been counted in.
      if (id > this.#lookedThrough) {
        if (this.#present.length > 0) this.#goneAhead.add(id);
        continue;
      }
      const group = groups.find(({ members }) => holds(members, id));
      if (group !== undefined) group.live--;
    }
    return true;
  }

  /** Counts in blocks further on. */
  #look(groups: readonly Group[]): boolean {
    const ids = this.#next();
    const last = ids.at(-1);
    if (last === undefined) return false;
    const near = groups.filter(
      ({ members }) =>
        (members[0] as number) <= last && (members[members.length - 1] as number) > this.#lookedThrough,
    );
    for (const id of ids) {
      if (this.#goneAhead.has(id)) continue;
      const group = near.find(({ members }) => holds(members, id));
      if (group !== undefined) group.live++;
      else if (id < idEnd) this.#wait(id);
    }
    this.#lookedThrough = last;
    if (this.#present.length === 0) this.#goneAhead.clear();
    return true;
  }

  #next(): readonly number[] | Float64Array {
    if (this.#presentFrom === this.#present.length)
      return this.#added.all(this.#lookedThrough, lookedTogether);
    const ids = this.#present.slice(this.#presentFrom, this.#presentFrom + lookedTogether);
    this.#presentFrom += ids.length;
    if (this.#presentFrom === this.#present.length) {
      this.#present = new Float64Array(0);
      this.#presentFrom = 0;
    }
    return ids;
  }

  #wait(id: number): void {
    const bytes = this.#filterBytes.get(id);
    if (bytes === undefined) return;
    const waiting = this.#waiting.get(bytes);
    if (waiting === undefined) this.#waiting.set(bytes, [id]);
    else waiting.push(id);
  }

  /** Begins a group, of blocks that have none or of groups that have become small. */
  #begin(groups: Group[]): boolean {
    const gone = groups.findIndex(({ live }) => live === 0);
    if (gone >= 0) {
      for (const { id } of groups.splice(gone, 1)) this.#doomed.push(id);
      return true;
    }
    for (const [bytes, waiting] of this.#waiting)
      if (waiting.length >= membersMin) {
        this.#prepare(waiting.splice(0, groupMembersMax), []);
        if (waiting.length === 0) this.#waiting.delete(bytes);
        return true;
      }
    const bySize = new Map<number, Group[]>();
    for (const group of groups) {
      const { live, members, filterBytes } = group;
      if (live >= smallMembers && 2 * live >= members.length) continue;
      const small = bySize.get(filterBytes);
      if (small === undefined) bySize.set(filterBytes, [group]);
      else small.push(group);
    }
    for (const small of bySize.values()) {
      if (small.length < smallGroupsMax) continue;
      const chosen: Group[] = [];
      let members = 0;
      for (const group of small) {
        if (members + group.live > groupMembersMax) break;
        chosen.push(group);
        members += group.live;
      }
      if (chosen.length < 2) continue;
      this.#prepare(
        chosen.flatMap((group) => [...group.members]),
        chosen,
      );
      return true;
    }
    return false;
  }

  /** Reads the filters of a group to be. */
  #prepare(ids: readonly number[], replaces: readonly Group[]): void {
    const found: { id: number; bits: Uint8Array }[] = [];
    let filterBytes = 0;
    for (const id of ids.toSorted((a, b) => a - b)) {
      const stored = this.#filter.get(id);
      if (stored === undefined) continue;
      const bits = groupable(stored);
      if (bits === undefined) continue;
      filterBytes ||= bits.length;
      if (bits.length === filterBytes) found.push({ id, bits });
    }
    if (found.length === 0) {
      this.#replace(replaces);
      return;
    }
    const filters = Buffer.alloc(found.length * filterBytes);
    for (const [i, { bits }] of found.entries()) filters.set(bits, i * filterBytes);
    const members = found.map(({ id }) => id);
    const shape = { members: members.length, filterBytes };
    const id = this.#builder.transaction(() =>
      Number(this.#insertGroup.run(filterBytes, members.length, encodeMembers(members)).lastInsertRowid),
    );
    this.#work = { id, shape, members, filters, replaces, nextRow: 0 };
  }

  #goOn(work: Work, groups: Group[]): void {
    const rows = sliceRows(work.shape);
    const until = Math.min(rows, work.nextRow + rowsTogether);
    this.#builder.inShortTransactions(rowsTogether * pageBytes, (isOver) => {
      for (; work.nextRow < until && !isOver(); work.nextRow++)
        this.#insertSlices.run(
          sliceRowId(work.id, work.nextRow),
          encodeSliceRow(work.id, work.shape, work.nextRow, work.filters),
        );
      failpoint('filters: inside a transaction of slices');
      return work.nextRow < until;
    });
    if (work.nextRow < rows) return;
    failpoint('filters: before a group is ready');
    this.#builder.transaction(() => {
      this.#countReady.run();
      this.#setReady.run(work.id);
    });
    this.#work = undefined;
    this.#replace(work.replaces);
    // Blocks that went meanwhile are still to be counted out: none of them has been.
    groups.push({
      id: work.id,
      filterBytes: work.shape.filterBytes,
      members: Uint32Array.from(work.members),
      live: work.members.length,
    });
  }

  #replace(replaced: readonly Group[]): void {
    for (const group of replaced) {
      this.#doomed.push(group.id);
      const at = this.#groups?.indexOf(group) ?? -1;
      if (at >= 0) this.#groups?.splice(at, 1);
    }
  }
}

/** The bits of a filter that a group can hold. */
function groupable(stored: Buffer): Uint8Array | undefined {
  try {
    const { bytes, at, byteCount, bitsLog2 } = openFilter(stored);
    return bitsLog2 === groupedBitsLog2 && byteCount > 0 ? bytes.subarray(at, at + byteCount) : undefined;
  } catch (error) {
    if (error instanceof CorruptBlockError) return undefined;
    throw error;
  }
}

const holds = (sorted: Uint32Array, id: number): boolean => sorted[lowerBound(sorted, id)] === id;
