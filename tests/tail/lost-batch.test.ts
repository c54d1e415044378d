// A commit that the tail worker comes to too late: its entries count as dropped, each tenant's own.
import { MessageChannel } from 'node:worker_threads';
import { expect, it } from 'vitest';
import type { IngestForTail, TailForIngest } from '../../src/ingest/client/ingest-protocol.ts';
import type { CommitReader } from '../../src/store/commits.ts';
import { serveTails } from '../../src/tail/serve-tails.ts';
import type { MainForTail, TailForMain } from '../../src/tail/tail-protocol.ts';
import { RpcPeer } from '../../src/threads/rpc.ts';

it('tells how many entries of whom are lost', async () => {
  const gone: CommitReader = { streams: () => new Map(), read: () => false };
  const toMain = new MessageChannel();
  const toIngest = new MessageChannel();
  const dropped: (readonly [string, number])[] = [];
  serveTails(toMain.port1, gone);
  const main = new RpcPeer<TailForMain, MainForTail>(toMain.port2, {
    frames: () => {},
    ended: () => {},
    dropped: ({ tenant, entries: count }) => {
      dropped.push([tenant, count]);
    },
  });
  main.notify('connectIngest', { port: toIngest.port1 }, [toIngest.port1]);
  const ingest = new RpcPeer<TailForIngest, IngestForTail>(toIngest.port2, { watch: () => {} });
  const entries = new Map([
    ['ann', 7],
    ['bob', 2],
  ]);
  ingest.notify('committed', { batch: undefined, entries, streams: [], forgotten: [] });
  await expect.poll(() => dropped).toEqual([...entries]);
  main.close();
  ingest.close();
});
