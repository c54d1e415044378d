// Scans in the calling thread, in place of worker threads.
import type { QueryWorkers } from '../../src/engine/run/query-workers.ts';
import { detectedValues, detectFields } from '../../src/scan/fields/detected-fields.ts';
import { ScanExecutor } from '../../src/scan/scan-executor.ts';
import type { StoreReader } from '../../src/store/store.ts';

/** `pause` is awaited between slices of work, as worker threads do. */
export function inProcessWorkers(
  reader: StoreReader,
  pause: () => Promise<void> = async () => {},
): QueryWorkers {
  const executor = new ScanExecutor(reader, pause);
  return {
    load: { threads: 0, busy: 0 },
    problem: undefined,
    scan: async (task) => [(await executor.run(task, () => {})).part],
    labelNames: async (request) => executor.labelNames(request),
    labelValues: async (name, request) => executor.labelValues(name, request),
    series: async (request) => executor.series(request),
    stats: async (request, control) => executor.stats(request, control),
    detectFields: async (sample) => detectFields(sample),
    detectedValues: async ({ sample, name, valuesMax }) => detectedValues(sample, name, valuesMax),
    patterns: (request, control) => executor.patterns(request, control),
    close: async () => reader.close(),
  };
}
