// Retention by rule and by space: what goes, what stays, and that queries agree before the data has gone.
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Matcher } from '../../src/logql/ast.ts';
import { int64Min } from '../../src/model/time.ts';
import { fairShares } from '../../src/sqlite/build/retention.ts';
import type { StoreSettings } from '../../src/sqlite/main/settings.ts';
import { RetentionPolicy, type RetentionRule } from '../../src/store/retention-policy.ts';
import { entryColumns, labels } from './columns.ts';
import { type OpenStore, openStore, removeFolder, temporaryFolder } from './open-store.ts';
import { readAll, scanRequest } from './read.ts';

/** Two days: entries further apart than one day never share a block. */
const unitNs = 172_800_000_000_000n;
const app = (value: string): readonly Matcher[] => [{ name: 'app', op: '=', value }];
const rule = (matchers: readonly Matcher[], units: bigint, priority = 1): RetentionRule => ({
  matchers,
  priority,
  periodNs: units * unitNs,
});

describe('RetentionPolicy', () => {
  const policy = new RetentionPolicy(100n, {
    rules: [
      { matchers: app('a'), priority: 1, periodNs: 10n },
      { matchers: [{ name: 'zone', op: '=~', value: 'x.*' }], priority: 5, periodNs: 20n },
      { matchers: app('a'), priority: 5, periodNs: 30n },
    ],
    tenants: {
      period: { rules: undefined, periodNs: 7n },
      rules: { rules: [{ matchers: app('b'), priority: 1, periodNs: 40n }], periodNs: undefined },
      ever: { rules: [], periodNs: 0n },
    },
  });
  it.each([
    ['the general period', 'fake', { app: 'c' }, 100n],
    ['a rule', 'fake', { app: 'a' }, 30n],
    ['the first of two rules of one priority', 'fake', { app: 'a', zone: 'xy' }, 20n],
    ['a general rule before the tenant’s period', 'period', { app: 'a' }, 30n],
    ['the tenant’s period', 'period', { app: 'c' }, 7n],
    ['the tenant’s rules instead of the general ones', 'rules', { app: 'a' }, 100n],
    ['the tenant’s rule', 'rules', { app: 'b' }, 40n],
    ['for ever', 'ever', { app: 'a' }, 0n],
  ] as const)('takes %s', (_, tenant, own, wanted) => {
    expect(policy.periodNs(tenant, labels(own))).toBe(wanted);
  });

  it('knows the longest period, and when there is but one', () => {
    expect(policy.longestNs).toBe(0n);
    expect(new RetentionPolicy(5n, { rules: [rule([], 0n)], tenants: {} }).longestNs).toBe(0n);
    expect(new RetentionPolicy(5n, { rules: [rule([], 1n)], tenants: {} }).longestNs).toBe(unitNs);
    expect(new RetentionPolicy(5n).isUniform).toBe(true);
    expect(policy.isUniform).toBe(false);
  });
});

describe('fairShares', () => {
  it.each([
    ['one tenant gives all', { a: 100 }, 30, { a: 30 }],
    ['the largest gives down to the next', { a: 100, b: 40 }, 50, { a: 50, b: 0 }],
    ['equals give equally', { a: 50, b: 50, c: 10 }, 40, { a: 20, b: 20, c: 0 }],
    ['more than there is', { a: 5, b: 1 }, 100, { a: 5, b: 1 }],
  ] as const)('%s', (_, bytes, excess, wanted) => {
    expect(Object.fromEntries(fairShares(new Map(Object.entries(bytes)), excess))).toEqual(wanted);
  });

  it('frees the excess, and leaves nobody who gave with less than one who gave nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 1 }), fc.nat(5000), (sizes, excess) => {
        const bytes = new Map(sizes.map((size, i) => [`${i}`, size]));
        const shares = fairShares(bytes, excess);
        const total = sizes.reduce((sum, size) => sum + size, 0);
        const freed = [...shares.values()].reduce((sum, share) => sum + share, 0);
        expect(freed).toBeCloseTo(Math.min(total, excess), 6);
        const left = sizes.map((size, i) => size - (shares.get(`${i}`) as number));
        const givers = left.filter((_, i) => (shares.get(`${i}`) as number) > 0);
        const keepers = left.filter((_, i) => shares.get(`${i}`) === 0);
        for (const most of keepers) expect(givers.every((least) => least >= most - 1e-6)).toBe(true);
      }),
    );
  });
});

describe('retention of a store', () => {
  let folder: string;
  let store: OpenStore;
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(async () => {
    await store.close();
    removeFolder(folder);
  });
  const open = async (changes: Partial<StoreSettings>): Promise<void> => {
    store = await openStore(folder, { retentionCheckMs: 3_600_000, ...changes });
  };
  /** One block with one entry of that age. */
  async function block(tenant: string, name: string, age: number, text = ''): Promise<void> {
    const stream = store.writer.stream(tenant, labels({ app: name }));
    const ns = nowNs - BigInt(age) * unitNs;
    await store.writer.append(entryColumns([{ stream, ns, line: `${name}${age}:${text}` }]));
    await store.host.flush();
  }
  const read = (tenant = 'fake') =>
    readAll(store.reader, store.host.snapshot(), { tenant })
      .map(({ line }) => line.split(':')[0])
      .sort();

  it('hides and then deletes streams by their rules, tenants by theirs', async () => {
    await open({
      retentionNs: 50n * unitNs,
      retentionRules: {
        rules: [rule(app('short'), 2n), rule(app('ever'), 0n)],
        tenants: { other: { rules: undefined, periodNs: 5n * unitNs } },
      },
    });
    for (const name of ['short', 'ever', 'plain'])
      for (const age of [100, 10, 1]) await block('fake', name, age);
    for (const name of ['short', 'plain']) for (const age of [10, 3, 1]) await block('other', name, age);
    const left = ['ever1', 'ever10', 'ever100', 'plain1', 'plain10', 'short1'];
    const leftOther = ['plain1', 'plain3', 'short1'];
    expect(read()).toEqual(left);
    expect(read('other')).toEqual(leftOther);
    expect((await store.host.stats()).blockEntries).toBe(15);
    await store.host.retain();
    expect(read()).toEqual(left);
    expect(read('other')).toEqual(leftOther);
    const stats = await store.host.stats();
    expect(stats.blockEntries).toBe(left.length + leftOther.length);
    expect(stats.retention.freedBytes.age).toBeGreaterThan(0);
    expect(stats.retention.lastRun?.blocks).toBe(6);
    const { nextRunMs } = await store.host.retentionStatus();
    expect(nextRunMs).toBeGreaterThan(Date.now());
  });

  it('keeps the store within its size: the oldest blocks of the largest tenant go', async () => {
    await open({ retentionNs: 0n });
    const noise = (n: number): string =>
      Array.from({ length: 12_000 }, (_, i) => Math.imul(i + 1, 2_654_435_761 + n).toString(36)).join('');
    for (let age = 30; age > 0; age--) await block('fake', 'big', age, noise(age));
    await block('other', 'small', 40, noise(0));
    await store.close();
    const { size } = statSync(join(folder, 'skald.db'));
    const storeBytesMax = Math.round(size / 2);
    await open({ retentionNs: 0n, storeBytesMax });
    await store.host.retain();
    const left = read();
    expect(left).toContain('big1');
    expect(left).not.toContain('big30');
    expect(left.length).toBeGreaterThan(8);
    expect(read('other')).toEqual(['small40']);
    const stats = await store.host.stats();
    const { free = 0, wal = 0 } = stats.bytesByKind;
    expect(stats.diskBytes - free - wal).toBeLessThanOrEqual(storeBytesMax);
    expect(stats.retention.freedBytes).toMatchObject({ age: 0, disk: 0 });
    expect(stats.retention.freedBytes.size).toBeGreaterThan(0);
    // Enough is free now: the next run deletes nothing.
    await store.host.retain();
    expect(read()).toEqual(left);
  });

  it('tells up to which time entries went, by age and by space: what is known of later times stays right', async () => {
    const view = () => store.reader.plan(store.host.snapshot(), scanRequest()).view;
    const at = (age: number): bigint => nowNs - BigInt(age) * unitNs;
    const noise = randomBytes(60_000).toString('hex');
    await open({ retentionNs: 0n });
    for (const age of [9, 8, 7, 6, 5, 4, 3, 2, 1]) await block('fake', 'a', age, noise);
    const before = view();
    expect(before.steadyFromNs).toBe(int64Min);
    await store.close();
    const storeBytesMax = Math.round(statSync(join(folder, 'skald.db')).size * 0.6);
    await open({ retentionNs: 8n * unitNs + unitNs / 2n, storeBytesMax });
    expect(view().steadyFromNs).toBeLessThan(at(8));
    await store.host.retain();
    const { freedBytes } = (await store.host.stats()).retention;
    expect(freedBytes.age).toBeGreaterThan(0);
    expect(freedBytes.size).toBeGreaterThan(0);
    const oldest = Math.max(...read().map((line) => Number(line?.slice(1))));
    expect(oldest).toBeLessThan(8);
    // The youngest entry that went is the one before the oldest left.
    expect(view()).toEqual({ ...before, steadyFromNs: at(oldest + 1) + 1n });
    await store.close();
    await open({ retentionNs: 0n });
    expect(view().steadyFromNs).toBe(int64Min);
  });

  it('deletes everything rather than let the disk fill up', async () => {
    await open({ retentionNs: 0n, diskFreeBytesMin: Number.MAX_SAFE_INTEGER });
    for (const age of [3, 2, 1]) await block('fake', 'a', age);
    await store.host.retain();
    expect(read()).toEqual([]);
    const stats = await store.host.stats();
    expect(stats.blocks).toBe(0);
    expect(stats.retention.freedBytes.disk).toBeGreaterThan(0);
    expect(stats.streams).toBe(0);
  });
});
