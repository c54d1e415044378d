// The collectors' side of the door to ingest.
import type { MessagePort } from 'node:worker_threads';
import { RpcPeer } from '../../threads/rpc.ts';
import type { IngestForCollector } from '../client/ingest-protocol.ts';
import type { Sink } from './sink.ts';

/** A Sink over a port from `IngestClient.sinkPort`. */
export function portSink(port: MessagePort): Sink & { close(): void } {
  const ingest = new RpcPeer<IngestForCollector>(port, {});
  return {
    write: (entries, checkpoints, source) => ingest.call('write', { entries, checkpoints, source }),
    checkpoints: (source) => ingest.call('checkpoints', { source }),
    close: () => ingest.close(),
  };
}
