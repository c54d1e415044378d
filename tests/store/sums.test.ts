// Where a request wants sums alone, units of many blocks carry them: together with a scan of the rest they are those of
// all entries, by bucket, whatever was written twice, deleted or is not in blocks yet.
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseLogQuery } from '../../src/logql/parser.ts';
import type { TimeRange } from '../../src/model/time.ts';
import type { UnitSums } from '../../src/store/store.ts';
import { entryColumns, labels } from './columns.ts';
import { type OpenStore, openStore, removeFolder, temporaryFolder } from './open-store.ts';
import { scanEach, scanRequest } from './read.ts';

let folder: string;
let store: OpenStore;
beforeEach(async () => {
  folder = temporaryFolder();
  store = await openStore(folder, { deleteDelayMs: 3_600_000, compactionShare: 0 });
});
afterEach(async () => {
  await store.close();
  removeFolder(folder);
});

type Sums = Record<string, readonly [entries: number, lineBytes: number, metadataBytes: number]>;

function addTo(
  sums: Sums,
  key: string,
  { entries, lineBytes, metadataBytes }: Omit<UnitSums, 'blocks'>,
): void {
  const [n, line, metadata] = sums[key] ?? [0, 0, 0];
  sums[key] = [n + entries, line + lineBytes, metadata + metadataBytes];
}

interface Asked {
  readonly tenant: string;
  readonly range: TimeRange;
  readonly bucketNs: bigint;
}

/** By stream and bucket. Not of stream 0, where the request says that levels matter. */
function sumsOf({ tenant, range, bucketNs }: Asked, wantsSums: boolean): { sums: Sums; summed: number } {
  const snapshot = store.host.snapshot();
  const bucketOf = (ns: bigint): bigint => ns / bucketNs;
  const request = scanRequest({
    tenant,
    ...range,
    direction: 'any',
    needLines: false,
    needMetadata: true,
    sums: {
      ofStream: (own) => wantsSums && own[0]?.[1] !== '0',
      isOne: (first, last) => bucketOf(first) === bucketOf(last),
    },
  });
  const sums: Sums = {};
  let summed = 0;
  for (const unit of store.reader.plan(snapshot, request).units) {
    const name = unit.stream.labels[0]?.[1];
    if (unit.sums !== undefined) {
      summed += unit.sums.blocks;
      addTo(sums, `${name} ${bucketOf(unit.firstNs)}`, unit.sums);
      continue;
    }
    scanEach(store.reader, snapshot, unit, request, ({ ns, lineBytes, metadataBytes }) =>
      addTo(sums, `${name} ${bucketOf(ns)}`, { entries: 1, lineBytes, metadataBytes }),
    );
  }
  return { sums, summed };
}

const append = fc.record({
  stream: fc.integer({ min: 0, max: 2 }),
  fromNs: fc.integer({ min: 0, max: 4000 }),
  count: fc.integer({ min: 1, max: 30 }),
  isFlushed: fc.boolean(),
});

it('are those of all entries', async () => {
  let tenants = 0;
  let summed = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(append, { minLength: 1, maxLength: 12 }),
      fc.record({ from: fc.integer({ min: 0, max: 2000 }), to: fc.integer({ min: 0, max: 5000 }) }),
      fc.constantFrom(10n, 300n, 1000n, 100_000n),
      fc.option(fc.integer({ min: 0, max: 4000 })),
      async (appends, { from, to }, bucketNs, deletedFrom) => {
        const tenant = `t${tenants++}`;
        for (const { stream, fromNs, count, isFlushed } of appends) {
          const id = store.writer.stream(tenant, labels({ s: `${stream}` }));
          const entries = Array.from({ length: count }, (_, i) => ({
            stream: id,
            ns: BigInt(fromNs + 2 * i),
            line: 'x'.repeat(i % 5),
            metadata: i % 7 === 0 ? { k: `${i}` } : {},
          }));
          await store.writer.append(entryColumns(entries));
          if (isFlushed) await store.host.flush();
        }
        if (deletedFrom !== null)
          await store.host.deletes.create({
            tenant,
            query: parseLogQuery('{s="1"}'),
            startNs: BigInt(deletedFrom),
            endNs: BigInt(deletedFrom + 500),
          });
        const asked = { tenant, range: { startNs: BigInt(from), endNs: BigInt(to) }, bucketNs };
        const found = sumsOf(asked, true);
        const scanned = sumsOf(asked, false);
        expect(scanned.summed).toBe(0);
        expect(found.sums).toEqual(scanned.sums);
        summed += found.summed;
      },
    ),
    { numRuns: 40 },
  );
  expect(summed).toBeGreaterThan(0);
});
