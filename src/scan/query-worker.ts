// Entry of a query worker thread: one reader, any number of scans sharing the thread in slices.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { ReaderSettings } from '../sqlite/main/settings.ts';
import { openReader } from '../sqlite/read/reader.ts';
import { RpcPeer, WithTransfer } from '../threads/rpc.ts';
import { takePriority } from '../threads/thread-priority.ts';
import { detectedValues, detectFields } from './fields/detected-fields.ts';
import { type PartResult, ScanExecutor } from './scan-executor.ts';
import type { ScanPart } from './scan-task.ts';
import { SeveralTenantsReader } from './several-tenants.ts';
import { type QueryMainCalls, type QueryWorkerCalls, sharedErrors } from './worker-protocol.ts';

if (parentPort === null) throw new Error('query-worker runs as a worker thread only');
takePriority('query');

const executor = new ScanExecutor(new SeveralTenantsReader(openReader(workerData as ReaderSettings)), () =>
  nextTurn(),
);
const withTransfer = ({ part, transfer }: PartResult): WithTransfer<ScanPart> =>
  new WithTransfer(part, transfer);

const main: RpcPeer<QueryMainCalls, QueryWorkerCalls> = new RpcPeer<QueryMainCalls, QueryWorkerCalls>(
  parentPort,
  {
    run: async ({ id, task }) =>
      withTransfer(await executor.run(task, (plan) => main.notify('share', { id, plan }))),
    help: async ({ task, plan }) => withTransfer(await executor.help(task, plan)),
    labelNames: (request) => executor.labelNames(request),
    labelValues: ({ name, request }) => executor.labelValues(name, request),
    series: (request) => executor.series(request),
    stats: ({ request, control }) => executor.stats(request, control),
    detectFields: (sample) => detectFields(sample),
    detectedValues: ({ sample, name, valuesMax }) => detectedValues(sample, name, valuesMax),
    patterns: ({ request, control }) => executor.patterns(request, control),
  },
  { errors: sharedErrors },
);
