// Sums that ClickHouse makes are those of a scan of the same entries; and cells lie inside buckets, or there are none.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CellGrid, cellGrid, sumsStatement } from '../../src/clickhouse/read/summed-cells.ts';
import { floorDiv } from '../../src/model/time.ts';
import type { ScanUnit, WantedSums } from '../../src/store/store.ts';
import { components, describeWith } from '../real/require-component.ts';
import { entryColumns, labels } from '../store/columns.ts';
import { scanEach, scanRequest } from '../store/read.ts';
import { TestDatabase } from './open-clickhouse.ts';
import { everything, Shim } from './shims.ts';

/** Buckets of two widths in turn, as windows make them whose range is no multiple of the step. */
interface Buckets {
  readonly originNs: bigint;
  readonly widthsNs: readonly [bigint, bigint];
}
const bucketOf = ({ originNs, widthsNs: [a, b] }: Buckets, ns: bigint): bigint => {
  const pair = floorDiv(ns - originNs, a + b);
  return 2n * pair + (ns - originNs - pair * (a + b) < a ? 0n : 1n);
};
const isOneOf =
  (buckets: Buckets): WantedSums['isOne'] =>
  (first, last) =>
    bucketOf(buckets, first) === bucketOf(buckets, last);

const width = fc.oneof(fc.constantFrom(60n, 300n, 1000n), fc.bigInt({ min: 1n, max: 700n }));
const buckets = fc.record({
  originNs: fc.bigInt({ min: -2000n, max: 2000n }),
  widthsNs: fc.oneof(
    width.map((one) => [one, one] as const),
    fc.tuple(width, width),
  ),
});
const range = fc
  .record({ startNs: fc.bigInt({ min: -3000n, max: 3000n }), spanNs: fc.bigInt({ min: 1n, max: 5000n }) })
  .map(({ startNs, spanNs }) => ({ startNs, endNs: startNs + spanNs }));

it('each cell lies inside one bucket, whatever the buckets', () => {
  fc.assert(
    fc.property(buckets, range, (made, asked) => {
      const isOne = isOneOf(made);
      const grid = cellGrid(asked, { isOne }) as CellGrid;
      expect([grid.firstNs, grid.lastNs]).toEqual([asked.startNs, asked.endNs - 1n]);
      const cellOf = (ns: bigint): bigint => (ns - grid.anchorNs) / grid.widthNs;
      for (let ns = grid.firstNs + 1n; ns <= grid.lastNs; ns++)
        if (cellOf(ns) === cellOf(ns - 1n)) expect(isOne(ns - 1n, ns)).toBe(true);
    }),
  );
});

it.each([
  ['equal buckets are cells as they are', 60n, 60n, 60n],
  ['unequal ones share their greatest divisor', 60n, 90n, 30n],
])('%s', (_, a, b, widthNs) => {
  const isOne = isOneOf({ originNs: 7n, widthsNs: [a, b] });
  expect(cellGrid({ startNs: 13n, endNs: 1000n }, { isOne })?.widthNs).toBe(widthNs);
});

it.each<readonly [string, bigint, bigint, WantedSums['isOne']]>([
  ['times between buckets', 0n, 1_000_000n, (first, last) => first % 60n < 30n && last - first < 30n],
  ['more cells than are worth it', 0n, 1_000_000n, (first, last) => first / 10n === last / 10n],
  ['no time at all', 5n, 5n, () => true],
  ['all of int64', -(2n ** 63n), 2n ** 63n, () => true],
])('no cells of %s', (_, startNs, endNs, isOne) => {
  expect(cellGrid({ startNs, endNs }, { isOne })).toBeUndefined();
});

describeWith(components.clickhouse, 'sums by ClickHouse', () => {
  let shims: readonly Shim[] = [];
  let database: TestDatabase;
  let store: ReturnType<TestDatabase['openStore']>;
  beforeAll(async () => {
    shims = await Promise.all([Shim.start(), Shim.start()]);
    database = await TestDatabase.open(shims);
    store = database.openStore();
    const entries = Array.from({ length: 600 }, (_, at) => ({
      stream: store.writer.stream(at % 3 === 0 ? 'other' : 'fake', labels({ app: `a${at % 5}` })),
      ns: BigInt((at * 37) % 4001) - 2000n,
      line: 'ü'.repeat(at % 9),
      metadata:
        at % 4 === 0 ? { key: 'v'.repeat([0, 127, 128, 16_383, 16_384][at % 5] as number), 'ü.ü': '日' } : {},
    }));
    // Copies are one entry, whether they are merged or not.
    await store.writer.append(entryColumns(entries));
    await store.writer.append(entryColumns(entries.slice(0, 50)));
  });
  afterAll(async () => {
    await store.close();
    await database.close();
    await Promise.all(shims.map((shim) => shim.stop()));
  });

  type Sums = Record<string, { entries: number; lineBytes: number; metadataBytes: number }>;

  async function sumsOf(
    asked: { readonly startNs: bigint; readonly endNs: bigint },
    made: Buckets,
    byClickHouse: boolean,
  ): Promise<{ sums: Sums; summed: number }> {
    const snapshot = store.snapshot();
    const request = scanRequest({
      ...asked,
      direction: 'any',
      needLines: false,
      needMetadata: true,
      ignoreStatistics: !byClickHouse,
      sums: { ofStream: () => true, isOne: isOneOf(made) },
    });
    const sums: Sums = {};
    let summed = 0;
    const add = ({ stream }: ScanUnit, ns: bigint, entries: number, line: number, metadata: number): void => {
      const key = `${stream.labels[0]?.[1]} ${bucketOf(made, ns)}`;
      const sum = sums[key] ?? { entries: 0, lineBytes: 0, metadataBytes: 0 };
      sums[key] = sum;
      sum.entries += entries;
      sum.lineBytes += line;
      sum.metadataBytes += metadata;
    };
    for (const folded of (await store.reader.plan(snapshot, request)).units)
      for (const unit of await store.reader.unfold(
        snapshot,
        folded as never,
        request,
        new AbortController().signal,
      )) {
        if (unit.sums !== undefined) {
          summed++;
          add(unit, unit.firstNs, unit.sums.entries, unit.sums.lineBytes, unit.sums.metadataBytes);
          continue;
        }
        scanEach(store.reader, snapshot, unit, request, ({ ns, lineBytes, metadataBytes }) =>
          add(unit, ns, 1, lineBytes, metadataBytes),
        );
      }
    return { sums, summed };
  }

  it('are those of a scan', async () => {
    let summed = 0;
    await fc.assert(
      fc.asyncProperty(buckets, range, async (made, asked) => {
        const summing = await sumsOf(asked, made, true);
        const scanning = await sumsOf(asked, made, false);
        expect(summing.sums).toEqual(scanning.sums);
        expect(scanning.summed).toBe(0);
        summed += summing.summed;
      }),
      { numRuns: everything ? 500 : 40 },
    );
    expect(summed).toBeGreaterThan(0);
  });

  it('come without an entry being sent, by statements that name the tenant', async () => {
    await Promise.all(shims.map((shim) => shim.forgetStatements()));
    const made: Buckets = { originNs: 0n, widthsNs: [1000n, 1000n] };
    const { summed } = await sumsOf({ startNs: -2000n, endNs: 2001n }, made, true);
    expect(summed).toBeGreaterThan(0);
    const sent = (await Promise.all(shims.map((shim) => shim.statements()))).flat();
    const ofEntries = sent.filter(({ sql }) => sql.includes('.entry '));
    expect(ofEntries.length).toBeGreaterThan(0);
    expect(ofEntries.filter(({ sql }) => !sql.includes('GROUP BY stream, cell'))).toEqual([]);
    expect(new Set(ofEntries.map(({ bound }) => bound.tenant))).toEqual(new Set(['fake']));
  });

  it('leave metadata alone that nobody counts', () => {
    const grid: CellGrid = { firstNs: 0n, lastNs: 9n, anchorNs: 0n, widthNs: 10n };
    const sqlOf = (metadata: boolean) =>
      sumsStatement({ database: 'skald', tenant: 'fake' }, grid, { where: [], metadata }).sql;
    expect([sqlOf(false).includes('meta'), sqlOf(true).includes('meta')]).toEqual([false, true]);
  });
});
