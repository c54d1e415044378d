// A step that fails as a disk does (full, unreadable), once, between any two that change the file: what is acknowledged
// stays visible meanwhile and durable after it, nothing is there twice, and the work that failed is done when it is
// tried again.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseLogQuery } from '../../src/logql/parser.ts';
import { verifyStore } from '../../src/sqlite/main/verify.ts';
import { type Failpoint, type FailpointName, failpoints } from '../../src/sqlite/threads/failpoint.ts';
import { entryColumns, labels } from './columns.ts';
import { type OpenStore, openStore, removeFolder, temporaryFolder } from './open-store.ts';
import { readAll } from './read.ts';

const dayNs = 86_400_000_000_000n;
const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);
/** Hardly compressible, so that blocks have pages to give back. */
const padding = (n: number): string =>
  range(1, 250)
    .map((i) => Math.imul(n * 977 + i, 2_654_435_761).toString(36))
    .join('');

/** The work of {@link failpoints} on a store; each step again until it succeeds. */
class Work {
  readonly store: OpenStore;
  readonly acknowledged: string[] = [];
  /** What failed and was tried again. */
  failures = 0;
  /** Entries shown as often as they were acknowledged, looked at after every failure. */
  readonly wrongViews: string[] = [];

  constructor(store: OpenStore) {
    this.store = store;
  }

  get kept(): string[] {
    return readAll(this.store.reader, this.store.host.snapshot())
      .filter(({ labels: own }) => own.app === 'keep')
      .map(({ line }) => line.split(' ')[0] as string)
      .sort();
  }

  async again(step: () => Promise<unknown>): Promise<void> {
    for (;;)
      try {
        await step();
        return;
      } catch {
        if (++this.failures > 20) throw new Error('fails for ever');
        const seen = this.kept;
        if (seen.join() !== [...this.acknowledged].sort().join())
          this.wrongViews.push(`${seen.length} of ${this.acknowledged.length}`);
      }
  }

  async push(app: string, numbers: readonly number[], ageNs: bigint): Promise<void> {
    const stream = this.store.writer.stream('fake', labels({ app }));
    const startNs = BigInt(Date.now()) * 1_000_000n - ageNs;
    const entries = numbers.map((n) => ({ stream, ns: startNs + BigInt(n), line: `${n} ${padding(n)}` }));
    await this.again(() =>
      this.store.writer.append(entryColumns(entries), {
        checkpoints: [{ source: 'test', key: app, state: String(numbers.at(-1)) }],
      }),
    );
    if (app === 'keep') this.acknowledged.push(...numbers.map(String));
  }

  async all(): Promise<void> {
    const { host } = this.store;
    for (const n of range(0, 70)) await this.push(`old${n}`, [n], 40n * dayNs);
    for (const n of range(0, 3)) {
      for (const app of ['keep', 'gone']) await this.push(app, range(1000 * n, 40), dayNs / 24n);
      await this.again(() => host.flush());
    }
    await this.again(() => host.compact());
    await this.push('keep', range(5000, 5), dayNs / 24n);
    const query = parseLogQuery('{app="gone"}');
    await this.again(() => host.deletes.create({ tenant: 'fake', query, startNs: 0n, endNs: 2n ** 62n }));
    while ((await host.deletes.list('fake')).some(({ status }) => status !== 'processed'))
      await new Promise((resolve) => setTimeout(resolve, 20));
    await this.again(() => host.tidy());
    await this.again(() => host.retain());
    await this.push('keep', range(6000, 5), dayNs / 24n);
    await this.again(() => host.flush());
  }
}

const cases = failpoints
  // Between the two lies no work of the disk that could fail.
  .filter((name) => name !== 'commit: durable, not published' && name !== 'commit: published, not answered')
  .flatMap((name) => (['SQLITE_FULL', 'SQLITE_IOERR_FSYNC'] as const).map((error) => [name, error] as const));

async function check(name: FailpointName, error: NonNullable<Failpoint['error']>): Promise<void> {
  const folder = temporaryFolder();
  const failpoint: Failpoint = { name, hit: name.startsWith('commit') ? 73 : 1, error };
  const quiet = { compactionShare: 0, freeBytesKept: 0, retentionNs: 30n * dayNs };
  let warnings = 0;
  const store = await openStore(
    folder,
    { ...quiet, deleteDelayMs: 0, failpoint },
    {
      onWarning: () => warnings++,
    },
  );
  try {
    const work = new Work(store);
    await work.all();
    expect(work.failures + warnings).toBe(1);
    expect(work.wrongViews).toEqual([]);
    expect(work.kept).toEqual([...work.acknowledged].sort());
  } finally {
    await store.close();
  }
  // And for the next process.
  const later = await openStore(folder, quiet);
  try {
    const work = new Work(later);
    expect(work.kept).toHaveLength(3 * 40 + 10);
    expect(readAll(later.reader, later.host.snapshot())).toHaveLength(work.kept.length);
    expect(later.writer.checkpoints('test').find(({ key }) => key === 'keep')?.state).toBe('6004');
    expect((await verifyStore(join(folder, 'skald.db'))).problems).toEqual([]);
  } finally {
    await later.close();
    removeFolder(folder);
  }
}

const isCommit = ([name]: (typeof cases)[number]): boolean => name.startsWith('commit');
// The writer's failpoint is its thread's, which here is the test's: one after the other.
it.each(cases.filter(isCommit))('%s: %s', check);
it.concurrent.each(cases.filter((one) => !isCommit(one)))('%s: %s', check);
