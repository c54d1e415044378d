// What is acknowledged is stored, once, whatever becomes of the answer; and every statement is about one tenant.
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { openReader } from '../../src/clickhouse/read/reader.ts';
import { QueryLimitError } from '../../src/scan/query-errors.ts';
import { StoreFullError, StoreUnavailableError } from '../../src/store/store.ts';
import { components, describeWith } from '../real/require-component.ts';
import { entryColumns, labels } from '../store/columns.ts';
import { linesOf, readAnyStore } from '../store/read.ts';
import { TestDatabase } from './open-clickhouse.ts';
import { type Fault, Shim } from './shims.ts';

describeWith(components.clickhouse, 'inserts in doubt', () => {
  let shim: Shim;
  let database: TestDatabase;
  let store: ReturnType<TestDatabase['openStore']>;
  beforeAll(async () => {
    shim = await Shim.start();
    database = await TestDatabase.open([shim], { insertRetryMs: 2000 });
  });
  beforeEach(() => {
    store = database.openStore();
  });
  afterEach(async () => {
    await shim.setFaults([]);
    await store.close();
    await database.empty();
  });
  afterAll(async () => {
    await database.close();
    await shim.stop();
  });

  const append = (line: string, tenant = 'fake'): Promise<void> =>
    store.writer.append(
      entryColumns([{ stream: store.writer.stream(tenant, labels({ app: 'a' })), ns: 1n, line }]),
    );
  const read = async (tenant = 'fake'): Promise<readonly string[]> =>
    linesOf(await readAnyStore(store.reader, store.snapshot(), { tenant }));
  const inserts = (fault: Omit<Fault, 'match'>): readonly Fault[] => [{ ...fault, match: '.entry (' }];

  it.each<readonly [string, Omit<Fault, 'match'>]>([
    ['a socket cut before it was read', { kind: 'cut before', times: 2 }],
    ['a socket cut after it was stored', { kind: 'cut after', times: 2 }],
    ['an unknown status (319)', { kind: 'fail after', times: 2, code: 319, message: 'unknown status' }],
    ['a read-only table (242)', { kind: 'refuse', times: 2, code: 242, message: 'read-only' }],
    ['a lost Keeper (999)', { kind: 'fail after', times: 1, code: 999, message: 'session expired' }],
  ])('%s: stored once', async (_, fault) => {
    await shim.setFaults(inserts(fault));
    await append('x');
    expect(await read()).toEqual(['x']);
    expect(await shim.sql(`SELECT count() FROM ${database.settings.database}.entry`)).toBe('1\n');
  });

  it.each<readonly [string, Omit<Fault, 'match'>, typeof StoreFullError | typeof StoreUnavailableError]>([
    ['a full disk', { kind: 'refuse', times: 99, code: 243, message: 'no space' }, StoreFullError],
    ['too many parts', { kind: 'refuse', times: 99, code: 252, message: 'too many parts' }, StoreFullError],
    ['no answer at all', { kind: 'cut before', times: 99 }, StoreUnavailableError],
  ])('%s: refused, and taken later', async (_, fault, error) => {
    await shim.setFaults(inserts(fault));
    await expect(append('x')).rejects.toThrow(error);
    await shim.setFaults([]);
    await append('x');
    expect(await read()).toEqual(['x']);
  });

  it('what was refused after it was stored is there once when it comes again', async () => {
    await shim.setFaults(inserts({ kind: 'cut after', times: 99 }));
    await expect(append('x')).rejects.toThrow(StoreUnavailableError);
    await shim.setFaults([]);
    await append('x');
    expect(await read()).toEqual(['x']);
  });

  it('an answer that is too long is refused, and is no reason to ask again', async () => {
    for (let at = 0; at < 3; at++) await append('x'.repeat(1000) + at);
    await shim.forgetStatements();
    const bounded = openReader({ ...database.host.readerSettings(), answerBytesMax: 2500 });
    await expect(readAnyStore(bounded, store.snapshot())).rejects.toThrow(QueryLimitError);
    bounded.close();
    const fetches = (await shim.statements()).filter(({ sql }) => /^SELECT .*\bline\b[^.]/.test(sql));
    expect(fetches).toHaveLength(1);
  });

  it('every statement about rows of tenants names one', async () => {
    await append('mine');
    await append('theirs', 'other');
    await shim.forgetStatements();
    expect([await read(), await read('other')]).toEqual([['mine'], ['theirs']]);
    await store.deletes.list('fake');
    const about = (await shim.statements()).filter(
      ({ sql }) => /^(SELECT|DELETE)/.test(sql) && /\.(entry|stream|delete_request)\b/.test(sql),
    );
    // The keeper looks at the deletions of all tenants.
    const ofAll = about.filter(({ sql }) => !sql.includes('(tenant = {tenant:String}) AND'));
    expect(ofAll.filter(({ sql }) => !sql.includes('delete_request FINAL WHERE status <'))).toEqual([]);
    expect(new Set(about.map(({ bound }) => bound.tenant).filter((tenant) => tenant !== undefined))).toEqual(
      new Set(['fake', 'other']),
    );
  });
});
