// What a query worker does: one reader, any number of scans sharing the thread in slices.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ScanPart } from '../store/scan-task.ts';
import type { StoreReader } from '../store/store.ts';
import { RpcPeer, type RpcPort, WithTransfer } from '../threads/rpc.ts';
import { detectedValues, detectFields } from './fields/detected-fields.ts';
import { type PartResult, ScanExecutor } from './scan-executor.ts';
import { SeveralTenantsReader } from './several-tenants.ts';
import { type QueryMainCalls, type QueryWorkerCalls, sharedErrors } from './worker-protocol.ts';

/** Scans from now on what the main thread asks for over the port. */
export function serveScans(port: RpcPort, reader: StoreReader): void {
  const executor = new ScanExecutor(new SeveralTenantsReader(reader), () => nextTurn());
  const main: RpcPeer<QueryMainCalls, QueryWorkerCalls> = new RpcPeer<QueryMainCalls, QueryWorkerCalls>(
    port,
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
}

const withTransfer = ({ part, transfer }: PartResult): WithTransfer<ScanPart> =>
  new WithTransfer(part, transfer);
