// Counts known beforehand are those of the lines, whatever was pushed: duplicates across pushes, flushes and blocks
// are counted once, and every minute and level has its own.
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { statisticsMinute } from '../../src/store/store.ts';
import { entryColumns, labels } from './columns.ts';
import { type OpenStore, openStore, removeFolder, temporaryFolder } from './open-store.ts';
import { readAll, scanEach, scanRequest } from './read.ts';
import { whileTime } from './while-time.ts';

let folder: string;
let store: OpenStore;
beforeEach(async () => {
  folder = temporaryFolder();
  store = await openStore(folder);
});
afterEach(async () => {
  await store.close();
  removeFolder(folder);
});

type Counts = Record<string, readonly [entries: number, lineBytes: number, metadataBytes: number]>;
const add = (counts: Counts, key: string, entries: number, line: number, metadata: number): void => {
  const [n, lineBytes, metadataBytes] = counts[key] ?? [0, 0, 0];
  counts[key] = [n + entries, lineBytes + line, metadataBytes + metadata];
};

/** By stream, minute and level, from statistics where there are any. */
function countsOf(changes: Parameters<typeof scanRequest>[0]): { counts: Counts; known: number } {
  const snapshot = store.host.snapshot();
  const request = scanRequest({ needLines: false, needMetadata: true, ...changes });
  const counts: Counts = {};
  let known = 0;
  for (const unit of store.reader.plan(snapshot, request).units) {
    const name = unit.stream.labels[0]?.[1];
    const { statistics } = unit;
    if (statistics !== undefined) {
      known++;
      const { rows, minute, level, entries, lineBytes, metadataBytes } = statistics;
      for (let i = 0; i < rows; i++)
        add(
          counts,
          `${name} ${minute[i]} ${level[i]}`,
          entries[i] as number,
          lineBytes[i] as number,
          metadataBytes[i] as number,
        );
    } else
      scanEach(store.reader, snapshot, unit, request, ({ ns, level, lineBytes, metadataBytes }) =>
        add(counts, `${name} ${statisticsMinute(ns)} ${level}`, 1, lineBytes, metadataBytes),
      );
  }
  return { counts, known };
}

const entry = fc.record({
  stream: fc.nat(2),
  second: fc.nat(200),
  text: fc.nat(3),
  level: fc.nat(2),
  metadata: fc.constantFrom({}, { k: 'v' }),
});
const push = fc.record({ entries: fc.array(entry, { minLength: 1, maxLength: 20 }), flush: fc.boolean() });

it('agrees with the lines on any data, before and after blocks are merged', async () => {
  let run = 0;
  let known = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(push, { minLength: 1, maxLength: 8 }),
      whileTime(10_000, async (pushes) => {
        const tenant = `tenant ${run++}`;
        for (const { entries, flush } of pushes) {
          await store.writer.append(
            entryColumns(
              entries.map(({ stream, second, text, level, metadata }) => ({
                stream: store.writer.stream(tenant, labels({ app: `${stream}` })),
                ns: BigInt(second) * 1_000_000_000n,
                line: 'x'.repeat(text),
                level,
                metadata,
              })),
            ),
          );
          if (flush) await store.host.flush();
        }
        const different = new Set(pushes.flatMap(({ entries }) => entries.map((one) => JSON.stringify(one))))
          .size;
        for (const settle of [
          () => Promise.resolve(),
          () => store.host.flush(),
          () => store.host.compact(),
        ]) {
          await settle();
          const counted = countsOf({ tenant });
          const scanned = countsOf({ tenant, ignoreStatistics: true, needLines: true });
          known += counted.known;
          expect(scanned.known).toBe(0);
          expect(counted.counts).toEqual(scanned.counts);
          expect(Object.values(counted.counts).reduce((sum, [n]) => sum + n, 0)).toBe(different);
          expect(readAll(store.reader, store.host.snapshot(), { tenant })).toHaveLength(different);
        }
      }),
    ),
    { numRuns: 40 },
  );
  expect(known).toBeGreaterThan(0);
});
