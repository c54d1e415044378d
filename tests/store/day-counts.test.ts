// Counts of whole days: whoever put them together, their rows are those of all entries of the range.
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseLogQuery } from '../../src/logql/parser.ts';
import type { TimeRange } from '../../src/model/time.ts';
import { verifyStore } from '../../src/sqlite/main/verify.ts';
import { openReader } from '../../src/sqlite/read/reader.ts';
import { coarseMinutes, type ScanRequest, statisticsMinute } from '../../src/store/store.ts';
import { entryColumns, labels } from './columns.ts';
import { type OpenStore, openStore, removeFolder, temporaryFolder } from './open-store.ts';
import { scanEach, scanRequest } from './read.ts';

const minuteNs = 60_000_000_000n;
const stepNs = BigInt(coarseMinutes) * minuteNs;
const hourNs = 60n * minuteNs;
/** A few lines fill a block. */
const lineBytes = 60_000;
/** Long over. */
const firstDayNs = 1_700_006_400_000_000_000n;

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

type Counted = Record<string, readonly [entries: number, lineBytes: number]>;

interface Asked {
  readonly tenant: string;
  readonly range: TimeRange;
  readonly needMetadata: boolean;
  readonly coarse: boolean;
  /** What comes after it counts apart. */
  readonly edgeNs?: bigint;
}

/** Entries and line bytes by stream, level and step; how many units were whole days. */
function countsOf(
  { tenant, range, needMetadata, coarse, edgeNs = 0n }: Asked,
  reader = store.reader,
): { counted: Counted; days: number } {
  const snapshot = store.host.snapshot();
  const request: ScanRequest = scanRequest({
    tenant,
    ...range,
    direction: 'any',
    needLines: false,
    needMetadata,
    coarseStatistics: coarse ? { edgesNs: [edgeNs] } : undefined,
    ignoreStatistics: !coarse,
  });
  const counted: Counted = {};
  const add = (name: string, ns: bigint, level: number, entries: number, bytes: number): void => {
    const key = `${name} ${level} ${Math.ceil(statisticsMinute(ns) / coarseMinutes)} ${ns <= edgeNs}`;
    const [n, sum] = counted[key] ?? [0, 0];
    counted[key] = [n + entries, sum + bytes];
  };
  let days = 0;
  for (const unit of reader.plan(snapshot, request).units) {
    const name = unit.stream.labels[0]?.[1] ?? '';
    const { statistics } = unit;
    // Rows of minutes may be cut by the edge, those of days may not.
    if (statistics !== undefined && (unit.address === undefined || edgeNs % minuteNs === 0n)) {
      if (unit.address === undefined) days++;
      for (let row = 0; row < statistics.rows; row++) {
        if (needMetadata && unit.address === undefined) expect(statistics.metadataBytes[row]).toBe(0);
        add(
          name,
          BigInt(statistics.minute[row] as number) * minuteNs,
          statistics.level[row] as number,
          statistics.entries[row] as number,
          statistics.lineBytes[row] as number,
        );
      }
      continue;
    }
    scanEach(reader, snapshot, unit, request, ({ ns, level, lineBytes }) =>
      add(name, ns, level, 1, lineBytes),
    );
  }
  return { counted, days };
}

const append = fc.record({
  stream: fc.integer({ min: 0, max: 1 }),
  /** In quarters of an hour: most do not touch. */
  from: fc.integer({ min: 0, max: 100 }),
  spreadSeconds: fc.constantFrom(1, 40, 300),
  count: fc.integer({ min: 1, max: 9 }),
  hasMetadata: fc.boolean(),
  isFlushed: fc.constantFrom(true, true, true, false),
});

/** Of the lists that are drawn few make a day that is worth a row, and some seeds none. */
const fullDay = Array.from({ length: 20 }, (_, hour) => ({
  ...{ stream: 0, from: 4 * hour, spreadSeconds: 300 as const, count: 5 },
  ...{ hasMetadata: true, isFlushed: true },
}));

it('are those of all entries', async () => {
  let tenants = 0;
  let days = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(append, { minLength: 1, maxLength: 20 }),
      fc.record({
        from: fc.integer({ min: -3, max: 200 }),
        steps: fc.integer({ min: 1, max: 600 }),
        lateNs: fc.constantFrom(0n, 0n, 0n, 90_000_000_001n),
        edgeNs: fc.oneof(fc.constant(0n), fc.bigInt(0n, 25n * hourNs)),
      }),
      fc.option(fc.integer({ min: 0, max: 100 }), { freq: 4 }),
      fc.boolean(),
      fc.boolean(),
      async (appends, { from, steps, lateNs, edgeNs }, deletedFrom, needMetadata, isGathered) => {
        const tenant = `t${tenants++}`;
        for (const { stream, from: quarter, spreadSeconds, count, hasMetadata, isFlushed } of appends) {
          const id = store.writer.stream(tenant, labels({ s: `${stream}` }));
          const entries = Array.from({ length: count }, (_, i) => ({
            stream: id,
            ns: firstDayNs + (BigInt(quarter) * hourNs) / 4n + BigInt(i * spreadSeconds) * 1_000_000_000n,
            line: `${i % 3 === 0 ? 'level=error' : 'level=info'} ${'x'.repeat(lineBytes + i)}`,
            level: i % 3,
            metadata: hasMetadata && i % 4 === 0 ? { k: `${i}` } : {},
          }));
          await store.writer.append(entryColumns(entries));
          if (isFlushed) await store.host.flush();
        }
        if (isGathered) await store.host.compact();
        if (deletedFrom !== null) {
          const startNs = firstDayNs + (BigInt(deletedFrom) * hourNs) / 4n;
          await store.host.deletes.create({
            tenant,
            query: parseLogQuery('{s="1"}'),
            startNs,
            endNs: startNs + hourNs,
          });
        }
        const startNs = firstDayNs + BigInt(from) * stepNs + 1n + lateNs;
        const asked = {
          tenant,
          range: { startNs, endNs: startNs + BigInt(steps) * stepNs },
          needMetadata,
          edgeNs: firstDayNs + edgeNs,
        };
        const found = countsOf({ ...asked, coarse: true });
        const scanned = countsOf({ ...asked, coarse: false });
        expect(scanned.days).toBe(0);
        expect(found.counted).toEqual(scanned.counted);
        days += found.days;
      },
    ),
    {
      numRuns: 40,
      examples: [[fullDay, { from: -3, steps: 600, lateNs: 0n, edgeNs: 25n * hourNs }, null, false, true]],
    },
  );
  expect(days).toBeGreaterThan(0);
});

describe('of a day that is over', () => {
  const range = { startNs: firstDayNs - stepNs + 1n, endNs: firstDayNs + 24n * hourNs + 1n };
  const path = (): string => store.host.readerSettings().path;
  const rows = (): { id: number; ids: Buffer }[] => {
    const database = new Database(path(), { readonly: true });
    const found = database.prepare<[], { id: number; ids: Buffer }>('SELECT id, ids FROM day_counts').all();
    database.close();
    return found;
  };
  const change = (sql: string): void => {
    const database = new Database(path());
    expect(database.prepare(sql).run().changes).toBe(1);
    database.close();
  };

  async function addLines(fromHour: number, hours: number): Promise<void> {
    for (let hour = fromHour; hour < fromHour + hours; hour++) {
      const stream = store.writer.stream('fake', labels({ s: '0' }));
      const entries = Array.from({ length: 5 }, (_, i) => ({
        stream,
        ns: firstDayNs + BigInt(hour) * hourNs + BigInt(i) * stepNs,
        line: 'x'.repeat(lineBytes + i),
        level: i % 3,
      }));
      await store.writer.append(entryColumns(entries));
      await store.host.flush();
    }
  }

  /** As they are found beside those of a scan. */
  const countedDays = (): number => {
    const asked = { tenant: 'fake', range, needMetadata: true };
    const reader = openReader({ path: path(), retentionNs: 0n });
    try {
      const found = countsOf({ ...asked, coarse: true }, reader);
      expect(found.counted).toEqual(countsOf({ ...asked, coarse: false }, reader).counted);
      return found.days;
    } finally {
      reader.close();
    }
  };

  it('rows are made, made again after a late entry, and deleted with the day', async () => {
    await addLines(0, 8);
    expect(rows()).toEqual([]);
    await store.host.compact();
    const [first, ...others] = rows();
    expect(others).toEqual([]);
    await addLines(12, 1);
    expect(countedDays()).toBe(1);
    await store.host.compact();
    expect(rows()[0]?.id).toBe(first?.id);
    expect(rows()[0]?.ids).not.toEqual(first?.ids);
    expect(countedDays()).toBe(1);
    expect((await verifyStore(path())).problems).toEqual([]);

    await store.close();
    store = await openStore(folder, { compactionShare: 0, retentionNs: 24n * hourNs });
    await store.host.retain();
    expect((await store.host.stats()).blocks).toBe(0);
    await store.host.compact();
    expect(rows()).toEqual([]);
  });

  it.each([
    [
      'damaged',
      "UPDATE day_counts SET counts = CAST(substr(counts, 1, 12) || x'ff' || substr(counts, 14) AS BLOB)",
    ],
    ['of other blocks', "UPDATE day_counts SET ids = CAST(substr(ids, 5) || x'01000000' AS BLOB)"],
    ['gone', 'DELETE FROM day_counts'],
  ])('a row that is %s costs time only', async (problem, sql) => {
    await addLines(0, 8);
    await store.host.compact();
    change(sql);
    expect(countedDays()).toBe(1);
    const { problems } = await verifyStore(path());
    expect(problems.map((found) => found.problem.replace(/ on .*/, ''))).toEqual(
      problem === 'damaged' ? ['counts of stream 1'] : [],
    );
  });

  it('verification finds counts that are not those of the blocks', async () => {
    await addLines(0, 8);
    await store.host.compact();
    await addLines(30, 6);
    await store.host.compact();
    change(
      'UPDATE day_counts SET counts = (SELECT counts FROM day_counts ORDER BY id DESC) WHERE id = (SELECT min(id) FROM day_counts)',
    );
    const { problems } = await verifyStore(path());
    expect(problems.map((found) => found.problem)).toEqual([
      'counts of stream 1 on 2023-11-15 do not agree with those of its blocks',
    ]);
  });

  it('a block whose counts are damaged is counted by its entries', async () => {
    await addLines(0, 8);
    change(
      "UPDATE block SET counts = CAST(substr(counts, 1, 12) || x'ff' || substr(counts, 14) AS BLOB) WHERE id = (SELECT max(id) FROM block)",
    );
    await store.host.compact();
    expect(countedDays()).toBe(1);
  });
});
