// Scans in the calling thread, in place of worker threads.
import type { QueryWorkers } from '../../src/engine/run/query-workers.ts';
import { detectedValues, detectFields } from '../../src/scan/fields/detected-fields.ts';
import { ScanExecutor } from '../../src/scan/scan-executor.ts';
import { SharedBudget } from '../../src/scan/shared-budget.ts';
import { onSnapshot, type StoreHead } from '../../src/scan/store-head.ts';
import type { StoreReader } from '../../src/store/store.ts';

/** Of a store that is all in its reader. */
const noHead: StoreHead = { snapshot: () => undefined, hold: () => () => {} };

/** `pause` is awaited between slices of work, as worker threads do. */
export function inProcessWorkers(
  reader: StoreReader,
  head: StoreHead = noHead,
  pause: () => Promise<void> = async () => {},
): QueryWorkers {
  const executor = new ScanExecutor(reader, pause);
  const now = <T extends object>(request: T) => ({ ...request, snapshot: head.snapshot() });
  return {
    load: { threads: 0, busy: 0 },
    problem: undefined,
    budget: (bytesMax) => SharedBudget.create(bytesMax),
    scan: (task, { signal, memory }) =>
      onSnapshot(head, signal, async (snapshot, control) => {
        if (!(memory instanceof SharedBudget)) throw new TypeError('the budget is of another service');
        const { part } = await executor.run({ ...task, snapshot, control, memory: memory.counter }, () => {});
        return [part];
      }),
    labelNames: async (request) => executor.labelNames(now(request)),
    labelValues: async (name, request) => executor.labelValues(name, now(request)),
    series: async (request) => executor.series(now(request)),
    stats: (request, signal) =>
      onSnapshot(head, signal, async (snapshot, control) =>
        executor.stats({ ...request, snapshot }, control),
      ),
    detectFields: async (sample) => detectFields(sample),
    detectedValues: async ({ sample, name, valuesMax }) => detectedValues(sample, name, valuesMax),
    patterns: (task, signal) =>
      onSnapshot(head, signal, (snapshot, control) => executor.patterns({ ...task, snapshot }, control)),
    close: async () => reader.close(),
  };
}
