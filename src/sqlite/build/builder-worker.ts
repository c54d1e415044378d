// Thread entry of the builder.
import { parentPort, workerData } from 'node:worker_threads';
import { collectAtRest } from '../../threads/collect-at-rest.ts';
import { watchMainThread } from '../../threads/main-watch.ts';
import { RpcPeer } from '../../threads/rpc.ts';
import { takePriority } from '../../threads/thread-priority.ts';
import { signOfLife } from '../../threads/watchdog.ts';
import type { BuilderForHost, HostForBuilder } from '../threads/builder-protocol.ts';
import { BuilderService, type BuilderSettings } from './builder-service.ts';

if (parentPort === null) throw new Error('builder-worker is the entry of a worker thread');
takePriority('builder');
collectAtRest();
const service = new BuilderService(
  workerData as BuilderSettings,
  (warning) => host.notify('warn', warning),
  signOfLife(() => host.alive()),
);
const host: RpcPeer<HostForBuilder> = new RpcPeer<HostForBuilder, BuilderForHost>(parentPort, {
  ...service.handlers(),
  watchMain: ({ hangTimeoutMs }) => watchMainThread(host, hangTimeoutMs),
});
