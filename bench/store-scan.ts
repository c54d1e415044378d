// Scans for bench/store.ts: plans once, lets this many threads take the units, and says how long all of it took.
import { once } from 'node:events';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import type { ReaderSettings } from '../src/sqlite/main/settings.ts';
import { openReader, type SqliteStoreReader } from '../src/sqlite/read/reader.ts';
import type { ScanRequest, ScanUnit, Snapshot, UnitStatistics } from '../src/store/store.ts';

export interface ScanResult {
  ms: number;
  /** Of the whole process: on a busy machine more telling than the time. */
  cpuMs: number;
  hits: number;
  rawBytes: number;
  blocksRead: number;
  blocksSkipped: number;
}

interface ScannerData {
  readonly reader: ReaderSettings;
  readonly snapshot: Snapshot;
}

interface Task {
  readonly request: ScanRequest;
  readonly hitsMax: number;
  readonly part: number;
  readonly parts: number;
}

/** Entries by minute, as a count over time adds them up: the corpus spans fewer minutes. */
const minutes = new Float64Array(4096);

function addMinutes({ rows, minute, entries }: UnitStatistics): number {
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const at = (minute[row] as number) % minutes.length;
    minutes[at] = (minutes[at] as number) + (entries[row] as number);
    sum += entries[row] as number;
  }
  return sum;
}

/** Every `parts`th unit of the plan. */
function scan(
  reader: SqliteStoreReader,
  snapshot: Snapshot,
  { request, hitsMax, part, parts }: Task,
): ScanResult {
  const counters = { bytes: 0, lines: 0, blocksRead: 0, blocksSkipped: 0 };
  let hits = 0;
  let rawBytes = 0;
  const { units } = reader.plan(snapshot, request);
  for (let u = part; u < units.length && hits < hitsMax; u += parts) {
    const unit = units.at(u) as ScanUnit;
    rawBytes += unit.rawBytes;
    const { statistics } = unit;
    if (statistics !== undefined) hits += addMinutes(statistics);
    else
      reader.scan(
        snapshot,
        unit,
        request,
        (batch) => {
          hits += batch.selectedCount;
          return true;
        },
        counters,
      );
  }
  const { blocksRead, blocksSkipped } = counters;
  return { ms: 0, cpuMs: 0, hits, rawBytes, blocksRead, blocksSkipped };
}

/** A thread does not inherit tsx: it has to be asked for before the first file in TypeScript. */
const inTypeScript = `import('tsx/esm/api').then(({ register }) => {
  register();
  return import(${JSON.stringify(import.meta.url)});
});`;

/** Threads with a reader each, as query workers have. */
export class Scanners {
  readonly #workers: readonly Worker[];

  private constructor(workers: readonly Worker[]) {
    this.#workers = workers;
  }

  static async open(data: ScannerData, threads: number): Promise<Scanners> {
    const workers = Array.from(
      { length: threads },
      () => new Worker(inTypeScript, { eval: true, workerData: { scanner: data } }),
    );
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    return new Scanners(workers);
  }

  async run(request: ScanRequest, hitsMax = Number.POSITIVE_INFINITY): Promise<ScanResult> {
    const cpu = process.cpuUsage();
    const started = performance.now();
    const parts = this.#workers.length;
    const results = await Promise.all(
      this.#workers.map(
        (worker, part) =>
          new Promise<ScanResult>((resolve, reject) => {
            worker.once('message', resolve).once('error', reject);
            worker.postMessage({ request, hitsMax, part, parts } satisfies Task);
          }),
      ),
    );
    const ms = performance.now() - started;
    const { user, system } = process.cpuUsage(cpu);
    const cpuMs = (user + system) / 1000;
    const total: ScanResult = { ms, cpuMs, hits: 0, rawBytes: 0, blocksRead: 0, blocksSkipped: 0 };
    for (const result of results)
      for (const name of ['hits', 'rawBytes', 'blocksRead', 'blocksSkipped'] as const)
        total[name] += result[name];
    return total;
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

const { scanner } = (workerData ?? {}) as { scanner?: ScannerData };
if (scanner !== undefined) {
  const reader = openReader(scanner.reader);
  parentPort?.postMessage('ready');
  parentPort?.on('message', (task: Task) => parentPort?.postMessage(scan(reader, scanner.snapshot, task)));
}
