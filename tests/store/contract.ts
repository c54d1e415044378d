// What every Store must do. `open` gives an empty store; `settle` moves what was appended into its lasting form, so
// that each rule is checked before and after, and with entries in both places.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LineFilterStage } from '../../src/logql/stages/line-filter.ts';
import { int64Max, int64Min } from '../../src/model/time.ts';
import type { Snapshot, StoreReader, StoreWriter } from '../../src/store/store.ts';
import { entryColumns, labels, type TestEntry } from './columns.ts';
import { countEntries, linesOf, readAll, scanRequest } from './read.ts';

export interface StoreUnderTest {
  readonly writer: StoreWriter;
  readonly reader: StoreReader;
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
    const read = (changes: Parameters<typeof readAll>[2] = {}) =>
      readAll(store.reader, store.snapshot(), changes);

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
      expect(read()).toEqual([
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
      expect(linesOf(read())).toEqual(['late', 'later', 'b', 'a', 'c']);
    });

    it('stores an exact duplicate once, also across pushes, and keeps what differs', async () => {
      const id = stream();
      const entry: TestEntry = { stream: id, ns: 7n, line: 'same', level: 4, metadata: { a: '1' } };
      await append(
        [entry, entry, { ...entry, line: 'other' }],
        [{ ...entry, metadata: { a: '2' } }, entry],
        [entry, { ...entry, ns: 8n }],
      );
      expect(read().map(({ ns, line, metadata }) => [ns, line, metadata.a])).toEqual([
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
      expect(linesOf(read())).toEqual(Array.from({ length: 20 }, (_, i) => `line ${i}`));
    });

    it('holds any int64 time in one stream', async () => {
      const id = stream();
      const times = [int64Max, 0n, int64Min, 1n, -1n, int64Max - 1n, int64Min + 1n, 2n ** 53n + 1n];
      await append(
        times.slice(0, 4).map((ns) => ({ stream: id, ns, line: `${ns}` })),
        times.slice(4).map((ns) => ({ stream: id, ns, line: `${ns}` })),
      );
      const sorted = [...times].sort((a, b) => (a < b ? -1 : 1));
      expect(read().map(({ ns }) => ns)).toEqual(sorted);
      expect(linesOf(read())).toEqual(sorted.map(String));
      expect(read({ startNs: 0n, endNs: 2n }).map(({ ns }) => ns)).toEqual([0n, 1n]);
    });

    it('selects [start, end)', async () => {
      const id = stream();
      await append([1n, 2n, 3n, 4n].map((ns) => ({ stream: id, ns, line: `${ns}` })));
      expect(linesOf(read({ startNs: 2n, endNs: 4n }))).toEqual(['2', '3']);
      expect(read({ startNs: 5n, endNs: 9n })).toEqual([]);
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
      expect(linesOf(read({ lineFilters }))).toEqual(wanted);
      expect(linesOf(read({ lineFilters, needLines: false, needMetadata: false })).length).toBe(
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
      expect(linesOf(read({ matchers })).sort()).toEqual(wanted);
    });

    it('lists streams, names and values that have entries in the range', async () => {
      const a = stream({ app: 'a', zone: 'z' });
      const b = stream({ app: 'b' });
      await append([{ stream: a, ns: 10n, line: 'x' }], [{ stream: b, ns: 20n, line: 'y' }]);
      const { reader } = store;
      const early = { startNs: 0n, endNs: 15n };
      const all = { startNs: 0n, endNs: 99n };
      const snapshot = store.snapshot();
      expect(reader.labelNames(snapshot, 'fake', [], all)).toEqual(['app', 'zone']);
      expect(reader.labelNames(snapshot, 'fake', [{ name: 'app', op: '=', value: 'b' }], all)).toEqual([
        'app',
      ]);
      expect(reader.labelValues(snapshot, 'fake', 'app', [], all)).toEqual(['a', 'b']);
      expect(reader.labelValues(snapshot, 'fake', 'app', [], early)).toEqual(['a']);
      expect(reader.streams(snapshot, 'fake', [], early).map(({ labels: own }) => own)).toEqual([
        [
          ['app', 'a'],
          ['zone', 'z'],
        ],
      ]);
      expect(reader.streams(snapshot, 'other', [], all)).toEqual([]);
    });

    it('shows streams that become durable in another order than they were named', async () => {
      const first = stream({ app: 'first' });
      const second = stream({ app: 'second' });
      await append([{ stream: second, ns: 1n, line: 'second' }]);
      expect(linesOf(read())).toEqual(['second']);
      await append([{ stream: first, ns: 2n, line: 'first' }]);
      expect(linesOf(read())).toEqual(['second', 'first']);
    });

    it('keeps tenants apart', async () => {
      const mine = store.writer.stream('fake', labels({ app: 'a' }));
      const theirs = store.writer.stream('other', labels({ app: 'a' }));
      expect(mine).not.toBe(theirs);
      await append([{ stream: mine, ns: 1n, line: 'mine' }], [{ stream: theirs, ns: 1n, line: 'theirs' }]);
      expect(linesOf(read())).toEqual(['mine']);
      expect(linesOf(read({ tenant: 'other' }))).toEqual(['theirs']);
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
      const forward = store.reader.plan(store.snapshot(), scanRequest()).units;
      const backward = store.reader.plan(store.snapshot(), scanRequest({ direction: 'backward' })).units;
      const ascending = (times: readonly bigint[]): boolean =>
        times.every((ns, i) => i === 0 || ns >= (times[i - 1] as bigint));
      expect(ascending(forward.map(({ firstNs }) => firstNs))).toBe(true);
      expect(ascending(backward.map(({ lastNs }) => lastNs).reverse())).toBe(true);
      expect(linesOf(read({ direction: 'backward' })).sort()).toEqual(
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
      expect(countEntries(store.reader, store.snapshot(), request)).toBe(200);
      const exact = store.reader.plan(store.snapshot(), { ...request, ignoreStatistics: true }).units;
      expect(exact.every(({ statistics }) => statistics === undefined)).toBe(true);
      const cut = store.reader.plan(store.snapshot(), {
        ...request,
        startNs: 1_000_000_000n,
        endNs: 150_000_000_000n,
      });
      for (const { statistics, firstNs, lastNs } of cut.units)
        expect(statistics === undefined || (firstNs >= 1_000_000_000n && lastNs < 150_000_000_000n)).toBe(
          true,
        );
    });

    it('takes checkpoints with and without entries, and removes those with empty text', async () => {
      const id = stream();
      const { writer } = store;
      await writer.append(entryColumns([{ stream: id, ns: 1n, line: 'x' }]), [
        { source: 'docker', key: 'b', state: '1' },
        { source: 'docker', key: 'a', state: '1' },
        { source: 'files', key: 'a', state: '9' },
      ]);
      await writer.append(entryColumns([]), [
        { source: 'docker', key: 'a', state: '2' },
        { source: 'docker', key: 'b', state: '' },
      ]);
      expect(writer.checkpoints('docker')).toEqual([{ source: 'docker', key: 'a', state: '2' }]);
      expect(writer.checkpoints('files')).toEqual([{ source: 'files', key: 'a', state: '9' }]);
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
  });
}
