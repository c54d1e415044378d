import { expect, it } from 'vitest';
import { readCommittedBatch, streamsOfBatch } from '../../src/sqlite/write/committed-batch.ts';
import { entryColumns, labels } from './columns.ts';
import { openStore, removeFolder, temporaryFolder } from './open-store.ts';

it('tells of each commit where its entries are, until their memory is used again', async () => {
  const folder = temporaryFolder();
  const store = await openStore(folder);
  const a = store.writer.stream('fake', labels({ app: 'a' }));
  const b = store.writer.stream('fake', labels({ app: 'b' }));
  await store.writer.append(
    entryColumns([
      { stream: b, ns: 2n, line: 'first' },
      { stream: b, ns: 1n, line: 'second' },
      { stream: a, ns: 5n, line: 'third' },
    ]),
  );
  const [batch] = store.batches;
  if (batch === undefined) throw new Error('no batch');
  const seen: [number, string, bigint][] = [];
  const whole = readCommittedBatch(batch, (stream, entries) => {
    for (let i = 0; i < entries.count; i++)
      seen.push([
        stream,
        Buffer.from(entries.bytes).toString('utf8', entries.lineStarts[i], entries.lineEnds[i]),
        entries.baseNs + BigInt(entries.offsetsNs[i] as number),
      ]);
    return true;
  });
  expect(whole).toBe(true);
  expect(seen).toEqual([
    [b, 'first', 2n],
    [b, 'second', 1n],
    [a, 'third', 5n],
  ]);
  expect([...streamsOfBatch(batch)]).toEqual([
    [b, 2],
    [a, 1],
  ]);
  await store.host.flush();
  expect(readCommittedBatch(batch, () => true)).toBe(false);
  await store.close();
  removeFolder(folder);
});
