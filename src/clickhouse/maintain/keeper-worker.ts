// Thread entry of the keeper.
import { parentPort, workerData } from 'node:worker_threads';
import { collectAtRest } from '../../threads/collect-at-rest.ts';
import { watchMainThread } from '../../threads/main-watch.ts';
import { RpcPeer } from '../../threads/rpc.ts';
import { takePriority } from '../../threads/thread-priority.ts';
import type { ClickHouseSettings } from '../settings.ts';
import { Keeper } from './keeper.ts';
import { type HostForKeeper, type KeeperForHost, keeperErrors } from './keeper-protocol.ts';

if (parentPort === null) throw new Error('keeper-worker is the entry of a worker thread');
takePriority('builder');
collectAtRest();
const keeper = new Keeper(workerData as ClickHouseSettings, (warning) => host.notify('warn', warning));
const host: RpcPeer<HostForKeeper> = new RpcPeer<HostForKeeper, KeeperForHost>(
  parentPort,
  {
    open: () => keeper.open(),
    createDelete: (request) => keeper.deletes.create(request),
    listDeletes: (tenant) => keeper.deletes.list(tenant),
    cancelDelete: ({ tenant, requestId, force }) => keeper.deletes.cancel(tenant, requestId, { force }),
    retain: () => keeper.retain(),
    stats: () => keeper.stats(),
    watchMain: ({ hangTimeoutMs }) => watchMainThread(host, hangTimeoutMs),
    close: () => keeper.close(),
  },
  { errors: keeperErrors },
);
