// Runs scans over one reader. The same code works in a query worker and, in tests, in the caller's thread.

import type { Labels } from '../model/labels.ts';
import type { PatternRow } from '../store/scan-results.ts';
import type { IndexRequest, PatternsTask, ScanPart, ScanTask } from '../store/scan-task.ts';
import {
  type PlannedUnit,
  type Snapshot,
  type StoreReader,
  UnitGoneError,
  type UnitList,
} from '../store/store.ts';
import { emptyStats, type StreamStats, streamStats } from './index-stats.ts';
import { LogScanner } from './logs/log-scanner.ts';
import { minePatterns } from './patterns/patterns.ts';
import { MemoryShare } from './query-memory.ts';
import { RangeScanner } from './ranges/range-scanner.ts';
import { ScanControl } from './scan-control.ts';
import { runUnits, ScanSession, type UnitScanner } from './scan-unit-loop.ts';
import { SharedBudget } from './shared-budget.ts';
import { VolumeScanner } from './volume/volume-scanner.ts';

/** Work below this is not worth waking another worker: about 2 ms of scanning. */
const shareBytesMin = 2 * 1024 * 1024;
/** Units a worker does alone first: most queries for the newest lines end within them. */
const aloneMs = 4;

export interface PartResult {
  readonly part: ScanPart;
  readonly transfer: ArrayBuffer[];
}

/** A task as a worker gets it. */
export type WorkerTask = ScanTask & {
  readonly snapshot: Snapshot;
  readonly control: SharedArrayBuffer;
  /** The counter of the query's memory: see SharedBudget. */
  readonly memory: SharedArrayBuffer;
};

/** A request as a worker gets it. */
export type OnSnapshot<T> = T & { readonly snapshot: Snapshot };

/** A plan that other workers make again so as to help with its units. */
export interface SharedPlan {
  /** ScanPlan.token. */
  readonly token: unknown;
  /** How many there are. */
  readonly units: number;
}

export class ScanExecutor {
  readonly #reader: StoreReader;
  readonly #pause: () => Promise<void>;

  /** `pause` lets other queries of the thread go on. */
  constructor(reader: StoreReader, pause: () => Promise<void>) {
    this.#reader = reader;
    this.#pause = pause;
  }

  /**
   * Plans and works until no unit is left. `share` is called at most once, with the plan, when others should help;
   * they take what is left of its units. Throws UnitGoneError when the plan has become stale.
   */
  async run(task: WorkerTask, share: (plan: SharedPlan) => void): Promise<PartResult> {
    const memory = new MemoryShare(SharedBudget.over(task.memory));
    const scanner = makeScanner(task, memory);
    const session = new ScanSession(this.#reader, task, new ScanControl(task.control));
    const { units, token, view, blocksSkipped } = await session.plan(scanner.request);
    session.counters.blocksSkipped += blocksSkipped ?? 0;
    session.view = view;
    const startedMs = performance.now();
    // Adding up a volume's statistics is done before a second worker has made its plan.
    let shared = task.kind === 'volume';
    const shareIfLong = (bytes: number): void => {
      if (bytes < shareBytesMin) return;
      shared = true;
      share({ token, units: units.length });
    };
    const shareWhenLong = (): void => {
      if (shared || performance.now() - startedMs < aloneMs) return;
      shared = true;
      shareIfLong(neededBytes(scanner, units, session.control.unitsTaken));
    };
    if (task.kind !== 'logs') shareIfLong(costOf(units));
    const watched: UnitScanner<ScanPart> = {
      request: scanner.request,
      get linesAfterFilter() {
        return scanner.linesAfterFilter;
      },
      needs: (unit) => scanner.needs(unit),
      scanUnit: (unit, scan) => {
        scanner.scanUnit(unit, scan);
        shareWhenLong();
      },
      finish: (counts) => scanner.finish(counts),
    };
    return this.#work(watched, units, session, memory, async () => {
      if (!(scanner instanceof LogScanner) || !scanner.beginLook(units)) return false;
      let next = 0;
      await runUnits(scanner, units, session, this.#pause, () => next++);
      return scanner.endLook();
    });
  }

  /**
   * Helps with a scan that another worker planned, by making the same plan: units hold too much to be sent. Does
   * nothing when the store has moved on meanwhile.
   */
  async help(task: WorkerTask, plan: SharedPlan): Promise<PartResult> {
    const memory = new MemoryShare(SharedBudget.over(task.memory));
    const scanner = makeScanner(task, memory);
    const session = new ScanSession(this.#reader, task, new ScanControl(task.control));
    return this.#work(scanner, await samePlan(session, scanner, plan), session, memory);
  }

  async labelNames({
    snapshot,
    tenant,
    matchers,
    range,
  }: OnSnapshot<IndexRequest>): Promise<readonly string[]> {
    return this.#reader.labelNames(snapshot, tenant, matchers, range);
  }

  async labelValues(
    name: string,
    { snapshot, tenant, matchers, range }: OnSnapshot<IndexRequest>,
  ): Promise<readonly string[]> {
    return this.#reader.labelValues(snapshot, tenant, name, matchers, range);
  }

  async series({ snapshot, tenant, matchers, range }: OnSnapshot<IndexRequest>): Promise<readonly Labels[]> {
    const streams = await this.#reader.streams(snapshot, tenant, matchers, range);
    return streams.map((stream) => stream.labels);
  }

  async stats(request: OnSnapshot<IndexRequest>, control: SharedArrayBuffer): Promise<StreamStats> {
    if (request.range.endNs <= request.range.startNs) return emptyStats;
    return streamStats(request, this.#unboundSession(request, control));
  }

  async patterns(
    request: OnSnapshot<PatternsTask>,
    control: SharedArrayBuffer,
  ): Promise<readonly PatternRow[]> {
    if (request.range.endNs <= request.range.startNs) return [];
    return minePatterns(request, this.#unboundSession(request, control), this.#pause);
  }

  /** Of what bounds itself: the query's limit of bytes is not for it. */
  #unboundSession({ snapshot }: { readonly snapshot: Snapshot }, control: SharedArrayBuffer): ScanSession {
    return new ScanSession(this.#reader, { snapshot, scanBytesMax: 0 }, new ScanControl(control));
  }

  async #work(
    scanner: UnitScanner<ScanPart>,
    units: UnitList,
    session: ScanSession,
    memory: MemoryShare,
    firstLook: () => Promise<boolean> = async () => false,
  ): Promise<PartResult> {
    try {
      // Who takes a unit's number must scan it: a helper that could not make the plan takes none.
      if (units.length > 0 && !(await firstLook())) await runUnits(scanner, units, session, this.#pause);
      const result = scanner.finish(session.counts(scanner.linesAfterFilter));
      memory.leave(result.part.memoryBytes);
      return result;
    } catch (error) {
      memory.leave();
      throw error;
    }
  }
}

/** The units that another worker has planned; none when the store has moved on meanwhile. */
async function samePlan(
  session: ScanSession,
  { request }: UnitScanner<ScanPart>,
  plan: SharedPlan,
): Promise<UnitList> {
  try {
    const { units } = await session.plan(request, plan.token);
    return units.length === plan.units ? units : [];
  } catch (error) {
    if (error instanceof UnitGoneError) return [];
    throw error;
  }
}

function makeScanner(task: ScanTask, memory: MemoryShare): UnitScanner<ScanPart> {
  switch (task.kind) {
    case 'logs':
      return new LogScanner(task, memory);
    case 'range':
      return new RangeScanner(task, memory);
    case 'volume':
      return new VolumeScanner(task, memory);
  }
}

/** Adding up a unit's statistics takes as long as scanning this many bytes. */
const statisticsCostBytes = 16 * 1024;

/** All that is worth sharing costs the same. */
function costOf(units: UnitList): number {
  let bytes = 0;
  for (let i = 0; i < units.length && bytes < shareBytesMin; i++) {
    const unit = units.at(i) as PlannedUnit;
    if (unit.stream !== undefined && unit.sums !== undefined) continue;
    bytes += unit.counted ? statisticsCostBytes : unit.rawBytes;
  }
  return bytes;
}

/** Cost of what is left up to the first unit that cannot matter: of a query for the newest lines little is. */
function neededBytes(scanner: UnitScanner<ScanPart>, units: UnitList, taken: number): number {
  let bytes = 0;
  for (let i = taken; i < units.length && bytes < shareBytesMin; i++) {
    const unit = units.at(i) as PlannedUnit;
    if (!scanner.needs(unit)) break;
    bytes += unit.rawBytes;
  }
  return bytes;
}
