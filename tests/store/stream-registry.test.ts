// What the writer remembers of streams: it forgets those that are gone, and tells of labels with too many values.
import type { Database } from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Labels } from '../../src/model/labels.ts';
import { openForWriting, prepareDatabase } from '../../src/sqlite/format/open-database.ts';
import { StreamRegistry } from '../../src/sqlite/write/stream-registry.ts';
import { LabelValues } from '../../src/store/label-values.ts';
import { entryColumns, labels } from './columns.ts';
import { openStore, removeFolder, temporaryFolder } from './open-store.ts';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => removeFolder(folder));

describe('streams that come and go', () => {
  it('50,000 of them leave nothing in the memory of the writer', async () => {
    const store = await openStore(folder, {
      retentionNs: 3_600_000_000_000n,
      retentionCheckMs: 3_600_000,
      streamIdleMs: -1,
      segmentBytes: 4 * 1024 * 1024,
    });
    const { host, writer } = store;
    const ns = BigInt(Date.now()) * 1_000_000n - 7_200_000_000_000n;
    for (let round = 0; round < 5; round++) {
      const ids = Array.from({ length: 10_000 }, (_, n) =>
        writer.stream('fake', labels({ pod: `${round}-${n}` })),
      );
      await writer.append(entryColumns(ids.map((stream) => ({ stream, ns, line: 'old' }))));
      await host.flush();
      expect(writer.knownStreams).toBe(10_000);
      await host.retain();
      expect(writer.knownStreams).toBe(0);
    }
    expect((await host.stats()).streams).toBe(0);
    await store.close();
  });

  describe('one that is removed', () => {
    const idleMs = 1000;
    const held = new Set<number>();
    let database: Database;
    let registry: StreamRegistry;
    beforeEach(() => {
      prepareDatabase(`${folder}/skald.db`);
      database = openForWriting(`${folder}/skald.db`);
      held.clear();
      registry = new StreamRegistry(database, {
        idleMs,
        labelValuesWarned: 0,
        isHeld: (id) => held.has(id),
      });
    });
    afterEach(() => {
      database.close();
    });

    /** A stream in the database, last used at 0 ms. */
    function saved(): number {
      const id = registry.id('fake', labels({ app: 'a' }));
      registry.touch([id], 0);
      registry.insert([id]);
      registry.saved([id]);
      return id;
    }

    it('keeps its id while it is active, and is a new stream afterwards', () => {
      const id = saved();
      registry.release([id], idleMs);
      expect(registry.id('fake', labels({ app: 'a' }))).toBe(id);
      expect(registry.unsaved([id])).toEqual([id]);
      registry.takeChanges(20_000);
      expect(registry.size).toBe(0);
      expect(registry.id('fake', labels({ app: 'a' }))).toBeGreaterThan(id);
    });

    it('is forgotten at once when it is idle', () => {
      registry.release([saved()], idleMs + 1);
      expect(registry.size).toBe(0);
    });

    it('stays while entries of it wait for their commit', () => {
      const id = saved();
      held.add(id);
      registry.release([id], idleMs + 1);
      registry.takeChanges(20_000);
      expect(registry.owner(id)).toBeDefined();
      held.clear();
      expect(registry.takeChanges(40_000)).toEqual([{ tenant: 'fake', created: 0, removed: 1 }]);
      expect(registry.size).toBe(0);
    });

    it('stays when an entry has brought its row back', () => {
      const id = saved();
      registry.release([id], idleMs);
      registry.saved([id]);
      registry.takeChanges(20_000);
      expect(registry.id('fake', labels({ app: 'a' }))).toBe(id);
    });

    it('stays when it is idle and in the database', () => {
      saved();
      expect(registry.takeChanges(20_000)).toEqual([{ tenant: 'fake', created: 1, removed: 1 }]);
      expect(registry.size).toBe(1);
    });
  });
});

describe('a label with too many values', () => {
  const valuesMax = 10;
  const high = { tenant: 'fake', name: 'pod', valuesMax, isHigh: true };
  const pods = (from: number, to: number): Labels[] =>
    Array.from({ length: to - from }, (_, n) => labels({ app: 'a', pod: `p${from + n}` }));
  let values: LabelValues;
  const add = (list: readonly Labels[], tenant = 'fake'): void => {
    for (const set of list) values.add(tenant, set);
  };
  const remove = (list: readonly Labels[]): void => {
    for (const set of list) values.remove('fake', set);
  };
  beforeEach(() => {
    values = new LabelValues(valuesMax);
  });

  it('is told of once, by its own name and tenant', () => {
    add(pods(0, 10));
    add(pods(0, 5), 'other');
    expect(values.takeChanges()).toEqual([]);
    add(pods(10, 12));
    expect(values.takeChanges()).toEqual([high]);
    add(pods(12, 100));
    expect(values.takeChanges()).toEqual([]);
  });

  it('is told of again after it has fallen back by a tenth', () => {
    add(pods(0, 30));
    values.takeChanges();
    remove(pods(0, 20));
    expect(values.takeChanges()).toEqual([]);
    remove(pods(20, 21));
    expect(values.takeChanges()).toEqual([{ ...high, isHigh: false }]);
    add(pods(30, 40));
    expect(values.takeChanges()).toEqual([high]);
  });

  it('is not told of when it was high for a moment only', () => {
    add(pods(0, 11));
    remove(pods(0, 11));
    expect(values.takeChanges()).toEqual([]);
  });

  it('counts values, not streams', () => {
    add(Array.from({ length: 100 }, (_, n) => labels({ pod: `p${n % 10}`, app: 'a' })));
    expect(values.takeChanges()).toEqual([]);
  });

  it('is not looked for when the setting is 0', () => {
    values = new LabelValues(0);
    add(pods(0, 5000));
    expect(values.takeChanges()).toEqual([]);
  });

  it('is found among the streams of the last run', async () => {
    const first = await openStore(folder, { labelValuesWarned: valuesMax });
    const ids = pods(0, 11).map((set) => first.writer.stream('fake', set));
    await first.writer.append(entryColumns(ids.map((stream) => ({ stream, ns: 1n, line: 'x' }))));
    expect(first.writer.labelChanges()).toEqual([high]);
    await first.close();
    const second = await openStore(folder, { labelValuesWarned: valuesMax });
    expect(second.writer.labelChanges()).toEqual([high]);
    await second.close();
  });
});
