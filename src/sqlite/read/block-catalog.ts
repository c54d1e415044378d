// The heads of all visible blocks in memory, brought up to date by what flushes added and replaced. The threads of a process
// share them: who has made those of a new state hands them to the others.
import { BroadcastChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Database, Statement } from 'better-sqlite3';
import { decodeMembers } from '../format/filter-group.ts';
import { rowFlags } from '../format/schema.ts';
import {
  BlockHeads,
  type HeadGroup,
  type HeadsState,
  headBytes,
  noHeads,
  type SharedHeads,
} from './block-heads.ts';
import { type HeadRow, HeadRows, headColumns } from './head-rows.ts';

/** Of the memory of all heads. Twice as much is taken for moments, while those of a new state are made. */
const headBytesMax = 32 * 1024 * 1024;

export class BlockCatalog {
  readonly #blocksMax: number;
  readonly #channel: BroadcastChannel | undefined;
  readonly #stored: Statement<[number], number>;
  readonly #all: Statement<[number, number], HeadRow>;
  readonly #added: Statement<[number, number, number], HeadRow>;
  readonly #replaced: Statement<[number, number], number>;
  /** Undefined: a store of an older format, opened only to read, in which nobody logs what goes. */
  readonly #log:
    | { readonly end: Statement<[], number>; readonly after: Statement<[number], number> }
    | undefined;
  /** Undefined likewise: there are no groups. */
  readonly #groups:
    | {
        readonly ready: Statement<[], number>;
        readonly after: Statement<[number], readonly [id: number, ids: Buffer]>;
      }
    | undefined;
  #heads = noHeads();

  /** `sharedPath`: of the store, whose readers in this process share; undefined: with nobody. */
  constructor(database: Database, sharedPath?: string, bytesMax = headBytesMax) {
    this.#blocksMax = Math.floor(bytesMax / headBytes);
    this.#channel =
      sharedPath === undefined ? undefined : new BroadcastChannel(`skald block heads ${sharedPath}`);
    if (this.#channel !== undefined) {
      this.#channel.unref();
      this.#channel.onmessage = (event) => this.#take((event as { readonly data: SharedHeads }).data);
    }
    this.#stored = database
      .prepare<[number], number>('SELECT count(*) FROM (SELECT 1 FROM block_data LIMIT ?)')
      .pluck();
    const heads = (where: string) => `SELECT ${headColumns} FROM block WHERE ${where}
      AND (until IS NULL OR until > ?) AND flags & ${rowFlags.damaged} = 0`;
    this.#all = database.prepare<[number, number], HeadRow>(heads('flush <= ?')).raw();
    this.#added = database
      .prepare<[number, number, number], HeadRow>(heads('flush > ? AND flush <= ?'))
      .raw();
    this.#replaced = database
      .prepare<[number, number], number>('SELECT id FROM block WHERE until > ? AND until <= ?')
      .pluck();
    const isLogged = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'block_gone'").get();
    this.#log =
      isLogged === undefined
        ? undefined
        : {
            end: database
              .prepare<[], number>("SELECT seq FROM sqlite_sequence WHERE name = 'block_gone'")
              .pluck(),
            after: database.prepare<[number], number>('SELECT id FROM block_gone WHERE row > ?').pluck(),
          };
    this.#groups =
      isLogged === undefined
        ? undefined
        : {
            ready: database.prepare<[], number>("SELECT value FROM meta WHERE key = 'filter_groups'").pluck(),
            after: database
              .prepare<[number], readonly [number, Buffer]>(
                'SELECT id, ids FROM filter_group WHERE ready > ? ORDER BY ready',
              )
              .raw(),
          };
  }

  /**
   * Inside a read transaction: the heads of the blocks it sees as of flush `flushed`, the newest complete one. Undefined
   * when there are too many to keep.
   */
  refresh(flushed: number): BlockHeads | undefined {
    const gone = this.#log?.end.get() ?? 0;
    const grouped = this.#groups?.ready.get() ?? 0;
    const state: HeadsState = { flushed, gone, grouped };
    if (isSame(this.#heads.state, state) && this.#log !== undefined) return this.#heads;
    this.#takeWaiting();
    if (isSame(this.#heads.state, state) && this.#log !== undefined) return this.#heads;
    const heads = this.#follow(state) ?? this.#load(state);
    this.#heads = heads ?? noHeads();
    if (heads !== undefined) this.#channel?.postMessage(heads.shared);
    return heads;
  }

  close(): void {
    this.#channel?.close();
  }

  /** Undefined when what has changed since is not known any more, or is too much. */
  #follow(state: HeadsState): BlockHeads | undefined {
    const from = this.#heads.state;
    if (this.#log === undefined || from.flushed < 0) return undefined;
    // Another thread is ahead of this one's transaction.
    if (from.flushed > state.flushed || from.gone > state.gone || from.grouped > state.grouped)
      return undefined;
    const gone = this.#log.after.all(from.gone);
    if (gone.length !== state.gone - from.gone) return undefined;
    const removed = new Set(gone);
    for (const id of this.#replaced.iterate(from.flushed, state.flushed)) removed.add(id);
    const added = new HeadRows();
    for (const row of this.#added.iterate(from.flushed, state.flushed, state.flushed)) added.add(row);
    if (this.#heads.count + added.count > this.#blocksMax) return undefined;
    return this.#heads.followedBy(state, { removed, added, groups: this.#groupsAfter(from.grouped) });
  }

  #load(state: HeadsState): BlockHeads | undefined {
    if ((this.#stored.get(this.#blocksMax + 1) ?? 0) > this.#blocksMax) return undefined;
    const rows = new HeadRows();
    for (const row of this.#all.iterate(state.flushed, state.flushed)) rows.add(row);
    return noHeads().followedBy(state, { removed: new Set(), added: rows, groups: this.#groupsAfter(0) });
  }

  /** Groups that became ready since, oldest first: a block may be in a newer one as well. */
  #groupsAfter(grouped: number): HeadGroup[] {
    const groups: HeadGroup[] = [];
    for (const [id, ids] of this.#groups?.after.iterate(grouped) ?? []) {
      const members = decodeMembers(ids);
      if (members !== undefined) groups.push({ id, members });
    }
    return groups;
  }

  #takeWaiting(): void {
    if (this.#channel === undefined) return;
    // It takes both kinds; its declared type names one.
    const port = this.#channel as unknown as MessagePort;
    for (;;) {
      const waiting = receiveMessageOnPort(port);
      if (waiting === undefined) return;
      this.#take(waiting.message as SharedHeads);
    }
  }

  #take(shared: SharedHeads): void {
    const { flushed, gone, grouped } = this.#heads.state;
    const { state } = shared;
    if (state.flushed < flushed || state.gone < gone || state.grouped < grouped) return;
    this.#heads = new BlockHeads(shared);
  }
}

const isSame = (a: HeadsState, b: HeadsState): boolean =>
  a.flushed === b.flushed && a.gone === b.gone && a.grouped === b.grouped;
