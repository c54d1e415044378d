// Filters side by side: what they say is what the filters of the blocks say, whatever happens to blocks and groups.
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LineFilterStage } from '../../src/logql/stages/line-filter.ts';
import {
  encodeSliceRow,
  groupMembersMax,
  openSlice,
  slicePlace,
  sliceRowId,
  sliceRows,
} from '../../src/sqlite/format/filter-group.ts';
import { verifyStore } from '../../src/sqlite/main/verify.ts';
import { openReader } from '../../src/sqlite/read/reader.ts';
import { entryColumns, labels } from './columns.ts';
import { type OpenStore, openStore, removeFolder, temporaryFolder } from './open-store.ts';
import { readAll } from './read.ts';

describe('slices', () => {
  it('hold bit i of each filter', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(16, 32, 64, 256),
        fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
        (members, filterBytes, bytes) => {
          const shape = { members, filterBytes };
          const filters = Uint8Array.from(
            { length: members * filterBytes },
            () => bytes.next().value as number,
          );
          const rows = new Map(
            Array.from({ length: sliceRows(shape) }, (_, row) => [
              sliceRowId(7, row),
              encodeSliceRow(7, shape, row, filters),
            ]),
          );
          for (let slice = 0; slice < filterBytes * 8; slice++) {
            const place = slicePlace(7, shape, slice);
            const stored = rows.get(place.row)?.subarray(place.at, place.at + place.bytes) as Buffer;
            const bits = openSlice(7, slice, stored) as Buffer;
            for (let member = 0; member < members; member++) {
              const own = filters[member * filterBytes + (slice >> 3)] as number;
              expect(((bits[member >> 3] as number) >> (member & 7)) & 1).toBe((own >> (slice & 7)) & 1);
            }
            expect(openSlice(7, slice + 1, stored)).toBeUndefined();
            expect(openSlice(8, slice, stored)).toBeUndefined();
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('of the largest group fill pages', () => {
    const shape = { members: groupMembersMax, filterBytes: 64 };
    const row = encodeSliceRow(1, shape, 0, new Uint8Array(groupMembersMax * 64));
    expect(row.length).toBeGreaterThan(8000);
    expect(row.length).toBeLessThan(8157);
  });
});

describe('a search over groups', () => {
  const streams = 150;
  let folder: string;
  let store: OpenStore;
  beforeEach(async () => {
    folder = temporaryFolder();
    store = await openStore(folder, { compactionShare: 0, deleteDelayMs: 3_600_000 });
  });
  afterEach(async () => {
    await store.close();
    removeFolder(folder);
  });

  const word = (i: number): string => `word${Math.imul(i + 1, 2_654_435_761) >>> 0}`;

  /** Blocks of one stream each, with words of their own and one that all have. */
  async function addBlocks(hour: number, lines = 40): Promise<void> {
    const entries = Array.from({ length: streams * lines }, (_, i) => ({
      stream: store.writer.stream('fake', labels({ pod: `${i % streams}` })),
      ns: BigInt(hour) * 3_600_000_000_000n + BigInt(i),
      line: `Shared ${word(hour * 1_000_000 + i)} of pod ${i % streams}`,
    }));
    await store.writer.append(entryColumns(entries));
    await store.host.flush();
  }

  const filter = (op: LineFilterStage['op'], ...texts: string[]): LineFilterStage => ({
    kind: 'lineFilter',
    op,
    alternatives: texts.map((text) => ({ text, ip: false })),
  });

  /** Lines that a search finds, beside those that a look at all lines does. */
  function compare(
    stage: LineFilterStage,
    test: (line: string) => boolean,
  ): { found: number; skipped: number } {
    const snapshot = store.host.snapshot();
    const range = { startNs: 0n, endNs: 2n ** 62n };
    const wanted = readAll(store.reader, snapshot, range)
      .map(({ line }) => line)
      .filter(test);
    const reader = openReader({ path: store.host.readerSettings().path, retentionNs: 0n });
    try {
      for (const one of [store.reader, reader]) {
        const found = readAll(one, snapshot, { ...range, lineFilters: [stage] }).map(({ line }) => line);
        expect(found.sort()).toEqual(wanted.sort());
      }
      const plan = reader.plan(snapshot, {
        tenant: 'fake',
        matchers: [],
        ...range,
        direction: 'any',
        lineFilters: [stage],
        needLines: true,
        needMetadata: false,
      });
      return { found: wanted.length, skipped: plan.blocksSkipped ?? 0 };
    } finally {
      reader.close();
    }
  }

  const search = (i: number) => compare(filter('|=', word(i)), (line) => line.includes(word(i)));

  it('finds what is there and leaves out blocks that have it not', async () => {
    await addBlocks(1);
    expect(search(1_000_077)).toEqual({ found: 1, skipped: 0 });
    await store.host.compact();
    const { found, skipped } = search(1_000_077);
    expect(found).toBe(1);
    expect(skipped).toBeGreaterThan(streams / 2);
    expect(compare(filter('|=', 'Shared'), (line) => line.includes('Shared'))).toEqual({
      found: streams * 40,
      skipped: 0,
    });
    const either = compare(
      filter('|~', `(?i)(${word(1_000_001).toUpperCase()}|${word(1_000_002)})`),
      (line) => line.includes(word(1_000_001)) || line.includes(word(1_000_002)),
    );
    expect(either.found).toBe(2);
    expect(either.skipped).toBeGreaterThan(streams / 2);
    expect((await verifyStore(store.host.readerSettings().path)).problems).toEqual([]);
    // Blocks beside the group, and slices.
    await addBlocks(2);
    await store.writer.append(
      entryColumns([
        { stream: store.writer.stream('fake', labels({ pod: '0' })), ns: 7n, line: word(1_000_077) },
      ]),
    );
    expect(search(1_000_077).found).toBe(2);
    expect(search(2_000_003).found).toBe(1);
  });

  it('follows blocks that are merged, deleted and grouped again', async () => {
    for (let hour = 0; hour < 10; hour++) {
      await addBlocks(hour, 12);
      await store.host.compact();
      await store.host.tidy();
      expect(search(hour * 1_000_000 + 5).found).toBe(1);
    }
    expect(search(5).skipped).toBeGreaterThan(streams / 2);
    await store.host.compact();
    const database = new Database(store.host.readerSettings().path, { readonly: true });
    const groups = database.prepare('SELECT count(*) FROM filter_group').pluck().get() as number;
    const slices = database
      .prepare('SELECT count(*) FROM filter_slice WHERE id >> 16 NOT IN (SELECT id FROM filter_group)')
      .pluck()
      .get();
    database.close();
    expect(groups).toBeLessThan(10);
    expect(slices).toBe(0);
    expect((await verifyStore(store.host.readerSettings().path)).problems).toEqual([]);
  });

  it.each([
    ['a slice', 'UPDATE filter_slice SET bits = zeroblob(length(bits))', 'does not match its checksums'],
    ['rows', 'DELETE FROM filter_slice', 'has lost a row'],
    ['the members', 'UPDATE filter_group SET ids = zeroblob(length(ids))', 'has lost its members'],
    ['a row', 'UPDATE filter_slice SET bits = substr(bits, 1, 9)', 'has a row that is cut'],
  ])('with damage to %s finds all the same, and verify tells', async (_, damage, told) => {
    await addBlocks(1);
    await store.host.compact();
    const database = new Database(store.host.readerSettings().path);
    expect(database.prepare(damage).run().changes).toBeGreaterThan(0);
    database.close();
    expect(search(1_000_077)).toEqual({ found: 1, skipped: 0 });
    const { problems } = await verifyStore(store.host.readerSettings().path);
    expect(problems[0]?.problem).toContain(told);
  });
});
