// What the ingest worker tells the tail worker of commits: each stream once, and forgotten when the store forgets it.
import { MessageChannel } from 'node:worker_threads';
import { afterEach, expect, it } from 'vitest';
import type { IngestForTail, TailForIngest } from '../../src/ingest/client/ingest-protocol.ts';
import { CommitFeed } from '../../src/ingest/intake/commit-feed.ts';
import { CommitBuffer } from '../../src/sqlite/write/commit-buffer.ts';
import { committedBatches } from '../../src/sqlite/write/committed-batch.ts';
import { SegmentList } from '../../src/sqlite/write/segment-list.ts';
import { RpcPeer } from '../../src/threads/rpc.ts';
import { entryColumns, labels } from '../store/columns.ts';

type Told = Pick<Parameters<TailForIngest['committed']>[0], 'entries' | 'streams' | 'forgotten'>;

const known = new Set<number>();
let close = (): void => {};
afterEach(() => close());

/** A feed with a tail on its other end that watches the tenant; commits one entry of each stream. */
async function openFeed(): Promise<(streams: readonly number[]) => Promise<Told>> {
  known.clear();
  const feed = new CommitFeed(committedBatches, (id) =>
    known.has(id) ? { tenant: 'fake', labels: labels({ id: `${id}` }) } : undefined,
  );
  const { port1, port2 } = new MessageChannel();
  let tell: (told: Told) => void = () => {};
  const tail = new RpcPeer<IngestForTail, TailForIngest>(port2, { committed: (told) => tell(told) });
  feed.connect(port1);
  close = () => {
    feed.close();
    tail.close();
  };
  await tail.call('watch', { tenants: ['fake'] });
  const segments = new SegmentList({ segmentBytes: 1024 * 1024, pooledMax: 1, firstNumber: 1 });
  let seq = 0;
  return (streams) => {
    const told = new Promise<Told>((resolve) => {
      tell = resolve;
    });
    const buffer = new CommitBuffer();
    for (const stream of streams) known.add(stream);
    buffer.append(entryColumns(streams.map((stream) => ({ stream, ns: 1n, line: 'x' }))));
    const { ref, at } = segments.publish(buffer.slices(), ++seq);
    feed.committed({ segment: ref, startByte: at, endByte: at + buffer.usedBytes });
    return told;
  };
}

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

it('names a stream once', async () => {
  const commit = await openFeed();
  expect((await commit([1, 2])).streams.map(({ id }) => id)).toEqual([1, 2]);
  expect((await commit([2, 3])).streams.map(({ id }) => id)).toEqual([3]);
});

it('counts the entries of each tenant that watches', async () => {
  const commit = await openFeed();
  expect((await commit([1, 2, 1])).entries).toEqual(new Map([['fake', 3]]));
});

it('remembers few of the streams that have gone from the store', async () => {
  const commit = await openFeed();
  const remembered = new Set<number>();
  let most = 0;
  for (let from = 1; from <= 10_000; from += 100) {
    for (const id of range(1, from)) if (id !== 1) known.delete(id);
    const { streams, forgotten } = await commit([1, ...range(from + 1, 100)]);
    for (const id of forgotten) remembered.delete(id);
    for (const { id } of streams) remembered.add(id);
    most = Math.max(most, remembered.size);
  }
  expect(remembered.has(1)).toBe(true);
  expect(most).toBeLessThan(1500);
});
