// What every Store must do. `open` gives an empty store; `settle` moves what was appended into its lasting form, so
// that each rule is checked before and after, and with entries in both places.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseLogQuery } from '../../src/logql/parser.ts';
import type { LineFilterStage } from '../../src/logql/stages/line-filter.ts';
import { decodeMetadata } from '../../src/model/structured-metadata.ts';
import { int64Max, int64Min } from '../../src/model/time.ts';
import type { CommitReader, CommittedBatch } from '../../src/store/commits.ts';
import type { StoreDeletes } from '../../src/store/delete-requests.ts';
import {
  type Awaitable,
  type ChangeTimes,
  type PlannedUnit,
  type ScanRequest,
  type ScanUnit,
  type Snapshot,
  type StoreReader,
  type StoreWriter,
  type StreamId,
  UnitGoneError,
} from '../../src/store/store.ts';
import { entryColumns, labels, type TestEntry } from './columns.ts';
import {
  countEntries,
  linesOf,
  type ReadEntry,
  readAnyStore,
  scanRequest,
  scanUnits,
  unfolded,
} from './read.ts';

export interface StoreUnderTest {
  readonly writer: StoreWriter;
  readonly reader: StoreReader;
  readonly deletes: StoreDeletes;
  readonly changes: ChangeTimes;
  readonly commits: CommitReader;
  /** What the writer has told of commits so far. */
  readonly batches: readonly CommittedBatch[];
  snapshot(): Snapshot;
  settle(): Promise<void>;
  close(): Promise<void>;
}

const contains = (text: string): LineFilterStage => ({
  kind: 'lineFilter',
  op: '|=',
  alternatives: [{ text, ip: false }],
});
const matches = (text: string): LineFilterStage => ({ ...contains(text), op: '|~' });
const lacks = (text: string): LineFilterStage => ({ ...contains(text), op: '!=' });

export function storeContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe.each(['fresh', 'settled', 'half settled'] as const)(`${name}, entries %s`, (form) => {
    let store: StoreUnderTest;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    /** Appends each group as one push; settles by the form. */
    async function append(...groups: readonly (readonly TestEntry[])[]): Promise<void> {
      for (const [index, group] of groups.entries()) {
        await store.writer.append(entryColumns(group));
        if (form === 'half settled' && index === Math.floor((groups.length - 1) / 2)) await store.settle();
      }
      if (form === 'settled') await store.settle();
    }
    const stream = (record: Record<string, string> = { app: 'a' }): number =>
      store.writer.stream('fake', labels(record));
    const read = (changes: Parameters<typeof readAnyStore>[2] = {}) =>
      readAnyStore(store.reader, store.snapshot(), changes);

    it('gives back time, line, level and metadata', async () => {
      const id = stream({ app: 'a', zone: 'ü' });
      await append([
        {
          stream: id,
          ns: 1_700_000_000_123_456_789n,
          line: 'one',
          level: 4,
          metadata: { trace: 'x', b: '2' },
        },
        { stream: id, ns: 1_700_000_000_123_456_790n, line: '', level: 6 },
        { stream: id, ns: 1_700_000_000_123_456_791n, line: 'a\nb\0c', metadata: { trace: 'y' } },
      ]);
      expect(await read()).toEqual([
        {
          labels: { app: 'a', zone: 'ü' },
          ns: 1_700_000_000_123_456_789n,
          line: 'one',
          level: 4,
          metadata: { trace: 'x', b: '2' },
        },
        { labels: { app: 'a', zone: 'ü' }, ns: 1_700_000_000_123_456_790n, line: '', level: 6, metadata: {} },
        {
          labels: { app: 'a', zone: 'ü' },
          ns: 1_700_000_000_123_456_791n,
          line: 'a\nb\0c',
          level: 0,
          metadata: { trace: 'y' },
        },
      ]);
    });

    it('keeps arrival order of equal times and sorts others', async () => {
      const id = stream();
      await append(
        [
          { stream: id, ns: 5n, line: 'b' },
          { stream: id, ns: 5n, line: 'a' },
          { stream: id, ns: 3n, line: 'late' },
        ],
        [
          { stream: id, ns: 5n, line: 'c' },
          { stream: id, ns: 4n, line: 'later' },
        ],
      );
      expect(linesOf(await read())).toEqual(['late', 'later', 'b', 'a', 'c']);
    });

    it('stores an exact duplicate once, also across pushes, and keeps what differs', async () => {
      const id = stream();
      const entry: TestEntry = { stream: id, ns: 7n, line: 'same', level: 4, metadata: { a: '1' } };
      await append(
        [entry, entry, { ...entry, line: 'other' }],
        [{ ...entry, metadata: { a: '2' } }, entry],
        [entry, { ...entry, ns: 8n }],
      );
      expect((await read()).map(({ ns, line, metadata }) => [ns, line, metadata.a])).toEqual([
        [7n, 'same', '1'],
        [7n, 'other', '1'],
        [7n, 'same', '2'],
        [8n, 'same', '1'],
      ]);
    });

    it('collapses duplicates among many equal times', async () => {
      const id = stream();
      const entries = Array.from({ length: 40 }, (_, i) => ({ stream: id, ns: 7n, line: `line ${i % 20}` }));
      await append(entries, entries);
      expect(linesOf(await read())).toEqual(Array.from({ length: 20 }, (_, i) => `line ${i}`));
    });

    it('holds any int64 time in one stream', async () => {
      const id = stream();
      const times = [int64Max, 0n, int64Min, 1n, -1n, int64Max - 1n, int64Min + 1n, 2n ** 53n + 1n];
      await append(
        times.slice(0, 4).map((ns) => ({ stream: id, ns, line: `${ns}` })),
        times.slice(4).map((ns) => ({ stream: id, ns, line: `${ns}` })),
      );
      const sorted = [...times].sort((a, b) => (a < b ? -1 : 1));
      expect((await read()).map(({ ns }) => ns)).toEqual(sorted);
      expect(linesOf(await read())).toEqual(sorted.map(String));
      expect((await read({ startNs: 0n, endNs: 2n })).map(({ ns }) => ns)).toEqual([0n, 1n]);
    });

    it('selects [start, end)', async () => {
      const id = stream();
      await append([1n, 2n, 3n, 4n].map((ns) => ({ stream: id, ns, line: `${ns}` })));
      expect(linesOf(await read({ startNs: 2n, endNs: 4n }))).toEqual(['2', '3']);
      expect(await read({ startNs: 5n, endNs: 9n })).toEqual([]);
    });

    it.each([
      ['|= "needle"', [contains('needle')], ['x needle y', 'needle error']],
      ['|= twice', [contains('needle'), contains('error')], ['needle error']],
      ['|= short', [contains('x')], ['x needle y']],
      ['!=', [lacks('e')], ['plain', '']],
      ['|~ alternatives', [matches('error|plain')], ['needle error', 'plain', 'an error']],
      ['|~ class', [matches('n[e]+dle .')], ['x needle y', 'needle error']],
      ['(?i)', [matches('(?i)NEEDLE')], ['x needle y', 'needle error']],
      ['|= then !=', [contains('error'), lacks('needle')], ['an error']],
      ['nothing', [contains('zebra crossing')], []],
    ] as const)('filters lines by %s', async (_, lineFilters, wanted) => {
      const id = stream();
      const lines = ['x needle y', 'needle error', 'plain', '', 'an error'];
      await append(
        lines.slice(0, 2).map((line, i) => ({ stream: id, ns: BigInt(i), line })),
        lines.slice(2).map((line, i) => ({ stream: id, ns: BigInt(10 + i), line })),
      );
      expect(linesOf(await read({ lineFilters }))).toEqual(wanted);
      expect(linesOf(await read({ lineFilters, needLines: false, needMetadata: false })).length).toBe(
        wanted.length,
      );
    });

    it.each([
      ['=', [{ name: 'app', op: '=', value: 'a' }], ['1', '3']],
      ['= absent label', [{ name: 'zone', op: '=', value: '' }], ['1', '4']],
      ['!=', [{ name: 'app', op: '!=', value: 'a' }], ['2', '4']],
      ['!= and absent', [{ name: 'zone', op: '!=', value: 'z' }], ['1', '3', '4']],
      ['!= empty', [{ name: 'zone', op: '!=', value: '' }], ['2', '3']],
      ['=~', [{ name: 'app', op: '=~', value: 'a|c' }], ['1', '3', '4']],
      ['=~ anchored', [{ name: 'app', op: '=~', value: '.' }], ['1', '2', '3', '4']],
      ['=~ that takes the empty text', [{ name: 'zone', op: '=~', value: 'y?' }], ['1', '3', '4']],
      ['!~', [{ name: 'app', op: '!~', value: '[ab]' }], ['4']],
      [
        'two',
        [
          { name: 'app', op: '=', value: 'a' },
          { name: 'zone', op: '=~', value: '.+' },
        ],
        ['3'],
      ],
      ['no such value', [{ name: 'app', op: '=', value: 'zzz' }], []],
    ] as const)('matches streams by %s', async (_, matchers, wanted) => {
      const ids = [{ app: 'a' }, { app: 'b', zone: 'z' }, { app: 'a', zone: 'y' }, { app: 'c' }].map(stream);
      await append(
        ids.slice(0, 2).map((id, i) => ({ stream: id, ns: BigInt(i), line: `${i + 1}` })),
        ids.slice(2).map((id, i) => ({ stream: id, ns: BigInt(i), line: `${i + 3}` })),
      );
      expect(linesOf(await read({ matchers })).sort()).toEqual(wanted);
    });

    it('lists streams, names and values that have entries in the range', async () => {
      const a = stream({ app: 'a', zone: 'z' });
      const b = stream({ app: 'b' });
      await append([{ stream: a, ns: 10n, line: 'x' }], [{ stream: b, ns: 20n, line: 'y' }]);
      const { reader } = store;
      const early = { startNs: 0n, endNs: 15n };
      const all = { startNs: 0n, endNs: 99n };
      const snapshot = store.snapshot();
      expect(await reader.labelNames(snapshot, 'fake', [], all)).toEqual(['app', 'zone']);
      expect(await reader.labelNames(snapshot, 'fake', [{ name: 'app', op: '=', value: 'b' }], all)).toEqual([
        'app',
      ]);
      expect(await reader.labelValues(snapshot, 'fake', 'app', [], all)).toEqual(['a', 'b']);
      expect(await reader.labelValues(snapshot, 'fake', 'app', [], early)).toEqual(['a']);
      expect((await reader.streams(snapshot, 'fake', [], early)).map(({ labels: own }) => own)).toEqual([
        [
          ['app', 'a'],
          ['zone', 'z'],
        ],
      ]);
      expect(await reader.streams(snapshot, 'other', [], all)).toEqual([]);
    });

    it('shows streams that become durable in another order than they were named', async () => {
      const first = stream({ app: 'first' });
      const second = stream({ app: 'second' });
      await append([{ stream: second, ns: 1n, line: 'second' }]);
      expect(linesOf(await read())).toEqual(['second']);
      await append([{ stream: first, ns: 2n, line: 'first' }]);
      expect(linesOf(await read())).toEqual(['second', 'first']);
    });

    it('keeps tenants apart', async () => {
      const mine = store.writer.stream('fake', labels({ app: 'a' }));
      const theirs = store.writer.stream('other', labels({ app: 'a' }));
      expect(mine).not.toBe(theirs);
      await append([{ stream: mine, ns: 1n, line: 'mine' }], [{ stream: theirs, ns: 1n, line: 'theirs' }]);
      expect(linesOf(await read())).toEqual(['mine']);
      expect(linesOf(await read({ tenant: 'other' }))).toEqual(['theirs']);
    });

    it('plans units in scan order, disjoint, and backward as forward', async () => {
      const ids = [stream({ app: 'a' }), stream({ app: 'b' })];
      const groups = Array.from({ length: 6 }, (_, g) =>
        Array.from({ length: 5 }, (_, i) => ({
          stream: ids[i % 2] as number,
          ns: BigInt(g * 1000 + i * 10),
          line: `${g} ${i} ${'pad'.repeat(100)}`,
        })),
      );
      await append(...groups);
      const { units: forward } = await store.reader.plan(store.snapshot(), scanRequest());
      const { units: backward } = await store.reader.plan(
        store.snapshot(),
        scanRequest({ direction: 'backward' }),
      );
      const ascending = (times: readonly bigint[]): boolean =>
        times.every((ns, i) => i === 0 || ns >= (times[i - 1] as bigint));
      expect(ascending([...forward].map(({ firstNs }) => firstNs))).toBe(true);
      expect(ascending([...backward].map(({ lastNs }) => lastNs).reverse())).toBe(true);
      expect(linesOf(await read({ direction: 'backward' })).sort()).toEqual(
        groups
          .flat()
          .map(({ line }) => line)
          .sort(),
      );
    });

    it('gives statistics that agree with a scan, or none', async () => {
      const id = stream();
      const entries = Array.from({ length: 200 }, (_, i) => ({
        stream: id,
        ns: BigInt(i) * 1_000_000_000n,
        line: 'x'.repeat(i % 7),
        level: i % 3,
        metadata: i % 5 === 0 ? { k: `${i}` } : {},
      }));
      await append(entries.slice(0, 100), entries.slice(100));
      const request = scanRequest({ needLines: false, needMetadata: false });
      expect(await countEntries(store.reader, store.snapshot(), request)).toBe(200);
      const planned = async (changes: Partial<ScanRequest>): Promise<readonly ScanUnit[]> => {
        const asked = { ...request, ...changes };
        const { units } = await store.reader.plan(store.snapshot(), asked);
        return unfolded(store.reader, store.snapshot(), units, asked);
      };
      const exact = await planned({ ignoreStatistics: true });
      expect(exact.every(({ statistics }) => statistics === undefined)).toBe(true);
      const cut = await planned({ startNs: 1_000_000_000n, endNs: 150_000_000_000n });
      for (const { statistics, firstNs, lastNs } of cut)
        expect(statistics === undefined || (firstNs >= 1_000_000_000n && lastNs < 150_000_000_000n)).toBe(
          true,
        );
    });

    it('takes checkpoints with and without entries, and removes those with empty text', async () => {
      const id = stream();
      const { writer } = store;
      await writer.append(entryColumns([{ stream: id, ns: 1n, line: 'x' }]), {
        checkpoints: [
          { source: 'docker', key: 'b', state: '1' },
          { source: 'docker', key: 'a', state: '1' },
          { source: 'files', key: 'a', state: '9' },
        ],
      });
      await writer.append(entryColumns([]), {
        checkpoints: [
          { source: 'docker', key: 'a', state: '2' },
          { source: 'docker', key: 'b', state: '' },
        ],
      });
      expect(writer.checkpoints('docker')).toEqual([{ source: 'docker', key: 'a', state: '2' }]);
      expect(writer.checkpoints('files')).toEqual([{ source: 'files', key: 'a', state: '9' }]);
    });

    it('stores a batch once that comes again under its key, at once or later', async () => {
      const id = stream();
      const { writer } = store;
      // Stamped when they arrive: nothing but the key tells that they are the same.
      let ns = 0n;
      const send = (key: string | undefined, line: string) =>
        writer.append(entryColumns([{ stream: id, ns: ++ns, line }]), {
          ...(key !== undefined && { key }),
          checkpoints: [{ source: 'sender', key: 'at', state: `${line} ${ns}` }],
        });
      await Promise.all([send('1', 'one'), send('1', 'one'), send('2', 'two')]);
      if (form !== 'fresh') await store.settle();
      await Promise.all([send('2', 'two'), send('1', 'one'), send(undefined, 'three')]);
      expect(linesOf(await read())).toEqual(['one', 'two', 'three']);
      expect(writer.checkpoints('sender')).toEqual([{ source: 'sender', key: 'at', state: 'three 6' }]);
      await send('1', 'one');
      expect(writer.checkpoints('sender')).toEqual([{ source: 'sender', key: 'at', state: 'three 6' }]);
    });

    it('takes again what was not stored under its key', async () => {
      const { writer } = store;
      const unknown = entryColumns([{ stream: 4711, ns: 1n, line: 'of no stream' }]);
      await expect(writer.append(unknown, { key: 'k' })).rejects.toThrow();
      const id = stream();
      await writer.append(entryColumns([{ stream: id, ns: 1n, line: 'x' }]), { key: 'k' });
      expect(linesOf(await read())).toEqual(['x']);
    });

    it('counts active streams of a tenant', async () => {
      await append([
        { stream: stream({ app: 'a' }), ns: 1n, line: 'x' },
        { stream: stream({ app: 'b' }), ns: 1n, line: 'x' },
      ]);
      expect(store.writer.activeStreams('fake')).toBe(2);
      expect(store.writer.activeStreams('other')).toBe(0);
      expect(store.writer.streamChanges()).toEqual([{ tenant: 'fake', created: 2, removed: 0 }]);
      expect(store.writer.streamChanges()).toEqual([]);
    });

    it('a stream is active from the moment it is asked for', () => {
      const fresh = labels({ app: 'new' });
      const { writer } = store;
      expect(writer.isActive('fake', fresh)).toBe(false);
      writer.stream('fake', fresh);
      expect([writer.isActive('fake', fresh), writer.isActive('other', fresh)]).toEqual([true, false]);
      expect(writer.activeStreams('fake')).toBe(1);
    });

    describe('a deletion', () => {
      const remove = (query: string, tenant = 'fake') =>
        store.deletes.create({ tenant, query: parseLogQuery(query), startNs: 2n, endNs: 4n });
      beforeEach(async () => {
        const id = stream();
        const theirs = store.writer.stream('other', labels({ app: 'a' }));
        const lines = ['status=200', 'status=500', 'status=404', 'status=500'];
        await append(
          lines.map((line, i) => ({ stream: id, ns: BigInt(i + 1), line })),
          [{ stream: theirs, ns: 3n, line: 'status=500' }],
        );
      });

      it.each([
        ['a selector', '{app="a"}', [1n, 4n]],
        ['a line filter', '{app="a"} |= "500"', [1n, 3n, 4n]],
        ['stages', '{app="a"} | logfmt | status < 500', [1n, 2n, 4n]],
        ['a selector of nothing', '{app="b"}', [1n, 2n, 3n, 4n]],
      ] as const)('by %s hides entries of its times and tenant at once', async (_, query, left) => {
        await remove(query);
        expect((await read()).map(({ ns }) => ns)).toEqual(left);
        expect(await countEntries(store.reader, store.snapshot(), scanRequest())).toBe(left.length);
        expect((await read({ tenant: 'other' })).map(({ ns }) => ns)).toEqual([3n]);
      });

      it('is listed for its tenant, and shows what it hid when it is taken back', async () => {
        const { requestId } = await remove('{app="a"}');
        const [listed] = await store.deletes.list('fake');
        expect(listed).toMatchObject({
          requestId,
          query: '{app="a"}',
          status: 'received',
          startNs: 2n,
          endNs: 4n,
        });
        expect(await store.deletes.list('other')).toEqual([]);
        expect(await store.deletes.cancel('other', requestId)).toBe('unknown');
        expect(await store.deletes.cancel('fake', requestId)).toBe('cancelled');
        expect(await store.deletes.list('fake')).toEqual([]);
        expect(await read()).toHaveLength(4);
      });

      it('shows in what plans tell of removals, also when it is taken back', async () => {
        const told = async () => (await store.reader.plan(store.snapshot(), scanRequest())).view.removals;
        const before = await told();
        const { requestId } = await remove('{app="a"}');
        const hidden = await told();
        await store.deletes.cancel('fake', requestId);
        expect(hidden).not.toBe(before);
        expect(await told()).not.toBe(hidden);
      });
    });

    it('gives all of a plan, or says that it is gone, when data moves', async () => {
      const id = stream();
      const entries = Array.from({ length: 50 }, (_, i) => ({ stream: id, ns: BigInt(i), line: `${i}` }));
      await append(entries.slice(0, 20), entries.slice(20));
      const snapshot = store.snapshot();
      const { units, token } = await store.reader.plan(snapshot, scanRequest());
      await store.writer.append(entryColumns([{ stream: id, ns: 100n, line: 'later' }]));
      await store.settle();
      const unlessGone = async (
        plan: () => Awaitable<Iterable<PlannedUnit>>,
      ): Promise<readonly ReadEntry[] | 'gone'> => {
        try {
          const ready = await unfolded(store.reader, snapshot, await plan());
          return scanUnits(store.reader, snapshot, ready);
        } catch (error) {
          if (error instanceof UnitGoneError) return 'gone';
          throw error;
        }
      };
      const old = await unlessGone(() => units);
      const again = await unlessGone(
        async () => (await store.reader.plan(snapshot, scanRequest(), token)).units,
      );
      for (const answer of [old, again])
        if (answer !== 'gone') expect(linesOf(answer)).toEqual(entries.map(({ line }) => line));
      expect(linesOf(await read())).toEqual([...entries.map(({ line }) => line), 'later']);
    });

    it('makes the same plan again for another reader', async () => {
      const ids = ['a', 'b', 'c'].map((app) => stream({ app }));
      await append(
        ...[0, 1, 2].map((group) =>
          ids.map((id) => ({ stream: id, ns: BigInt(group * 1000), line: `${group} ${id}` })),
        ),
      );
      const snapshot = store.snapshot();
      const { units, token } = await store.reader.plan(snapshot, scanRequest());
      const { units: again } = await store.reader.plan(snapshot, scanRequest(), structuredClone(token));
      const shown = (of: typeof units) =>
        [...of].map(({ stream, firstNs, lastNs }) => [stream?.labels, firstNs, lastNs]);
      expect(shown(again)).toEqual(shown(units));
    });

    it('tells the times of additions', async () => {
      const { changes } = store;
      const before = changes.additions;
      const mark = changes.mark();
      const id = stream();
      await append([{ stream: id, ns: 70n, line: 'x' }], [{ stream: id, ns: 50n, line: 'y' }]);
      expect(changes.additions).toBeGreaterThan(before);
      expect(changes.earliestSince(mark)).toBeLessThanOrEqual(50n);
      expect(changes.latelyFromNs).toBeLessThanOrEqual(50n);
    });

    it('tells of each commit what it holds, in the order of arrival', async () => {
      const [a, b] = [stream({ app: 'a' }), stream({ app: 'b' })];
      const told: (readonly [StreamId, bigint, string, number, string | undefined])[] = [];
      let seen = 0;
      const take = (): void => {
        for (const batch of store.batches.slice(seen)) {
          const streams = new Map<StreamId, number>();
          const whole = store.commits.read(batch, (id, entries) => {
            streams.set(id, (streams.get(id) ?? 0) + entries.count);
            for (let i = 0; i < entries.count; i++) {
              const [from, to] = [entries.lineStarts[i], entries.lineEnds[i]];
              const metadata = decodeMetadata(
                entries.metadataBytes,
                entries.metadataStarts[i] as number,
                entries.metadataEnds[i] as number,
              );
              told.push([
                id,
                entries.baseNs + BigInt(entries.offsetsNs[i] as number),
                Buffer.from(entries.bytes.slice(from, to)).toString(),
                entries.level[i] as number,
                metadata[0]?.[1],
              ]);
            }
            return true;
          });
          expect(whole).toBe(true);
          expect(store.commits.streams(batch)).toEqual(streams);
        }
        seen = store.batches.length;
      };
      await store.writer.append(
        entryColumns([
          { stream: a, ns: 9n, line: 'first', level: 3 },
          { stream: a, ns: 4n, line: 'second', metadata: { k: 'v' } },
        ]),
      );
      take();
      await store.writer.append(entryColumns([{ stream: b, ns: 5n, line: 'third' }]));
      take();
      expect(told).toEqual([
        [a, 9n, 'first', 3, undefined],
        [a, 4n, 'second', 0, 'v'],
        [b, 5n, 'third', 0, undefined],
      ]);
      expect(store.writer.streamOwner(b)).toEqual({ tenant: 'fake', labels: labels({ app: 'b' }) });
    });
  });
}
