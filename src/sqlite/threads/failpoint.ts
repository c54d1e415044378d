// Where a test may end the process as `kill -9` would, or let a step fail as a disk does, between two steps that change
// the file. Nothing arms it but a setting that only tests give.
import Database from 'better-sqlite3';

/** Every place, in the order of the work it belongs to. */
export const failpoints = [
  'commit: before the transaction',
  'commit: inside the transaction',
  'commit: durable, not published',
  'commit: published, not answered',
  'flush: before the first transaction',
  'flush: inside a transaction of blocks',
  'flush: between transactions',
  'flush: before the last transaction',
  'flush: inside the last transaction',
  'flush: visible, not answered',
  'flush: before the log is copied into the file',
  'flush: inside the deletion of commits',
  'flush: inside the deletion of replaced blocks',
  'compaction: before the transaction',
  'compaction: inside the transaction',
  'compaction: visible',
  'filters: inside a transaction of slices',
  'filters: before a group is ready',
  'retention: before the transaction',
  'retention: inside the transaction',
  'retention: between transactions',
  'retention: before streams are removed',
  'retention: inside the removal of streams',
  'retention: between steps of the vacuum',
  'delete: inside the creation',
  'delete: before a rewrite',
  'delete: inside a rewrite',
  'delete: between rewrites',
  'delete: inside the completion',
] as const;

export type FailpointName = (typeof failpoints)[number];

export interface Failpoint {
  readonly name: FailpointName;
  /** Acts when it comes by for the n-th time, from 1. */
  readonly hit: number;
  /** What becomes of the thread alone, instead of ending the process. */
  readonly thread?: 'hangs' | 'ends';
  /** Throws SQLite's error of this name, once, instead of ending the process. */
  readonly error?: 'SQLITE_FULL' | 'SQLITE_IOERR_WRITE' | 'SQLITE_IOERR_FSYNC';
}

let armed: Failpoint | undefined;
let hits = 0;

/** For the thread that calls it. */
export function armFailpoint(point: Failpoint | undefined): void {
  armed = point;
  hits = 0;
}

export function failpoint(name: FailpointName): void {
  if (armed === undefined || armed.name !== name || ++hits < armed.hit) return;
  const { error, thread } = armed;
  if (error !== undefined) {
    armed = undefined;
    throw new Database.SqliteError(`failpoint "${name}"`, error);
  }
  if (thread === 'ends') process.exit(1);
  if (thread === undefined) process.kill(process.pid, 'SIGKILL');
  // The signal may take a moment to end this thread: do nothing more.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
