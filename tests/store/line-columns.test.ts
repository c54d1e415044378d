// Compaction keeps lines as templates and columns where that is smaller: no query, deletion or check tells the difference.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QueryEngine } from '../../src/engine/run/query-engine.ts';
import { parseLogQuery, parseMetricExpr } from '../../src/logql/parser.ts';
import { QueryEvaluationError } from '../../src/scan/query-errors.ts';
import { verifyStore } from '../../src/sqlite/main/verify.ts';
import { inProcessWorkers } from '../engine/in-process-workers.ts';
import { testContext } from '../engine/recorded-engine.ts';
import { randomMetricQuery } from '../reference/random-queries.ts';
import { entryColumns, labels } from './columns.ts';
import { type OpenStore, openStore, removeFolder, temporaryFolder } from './open-store.ts';
import { linesOf, readAll } from './read.ts';

const startNs = 1_768_471_200_000_000_000n;
const secondNs = 1_000_000_000n;
const linesPerStream = 1500;
const questions = Number(process.env.COLUMN_QUERIES ?? 40);

let folder: string;
let store: OpenStore;
let engine: QueryEngine;
const tenant = 'fake';

const hash = (i: number): number => Math.imul(i + 1, 2654435761) >>> 0;
const pick = (values: readonly string[], i: number): string => values[hash(i) % values.length] as string;

/** Fields that the random queries ask for, among them names that clash and values that no filter can read. */
function jsonLine(i: number): string {
  const status = pick(['200', '"404"', '500', '"5xx"', '""', 'null', '1e3'], i);
  const took = pick(['5ms', '1.5s', 'fast', '', `${hash(i) % 900}ms`], i + 1);
  const req = pick([`{"id":${i % 4},"name":"ok"}`, '[1,"a"]', '{}', '"x"', 'true'], i >> 6);
  const odd = i % 40 === 3 ? ',"a.b":1,"a_b":2' : '';
  return `{"msg":"user ${hash(i) % 500} has gone","status":${status},"took":"${took}","v":${hash(i) % 13},"req":${req},"trace":"${hash(i).toString(16).padStart(8, '0')}"${odd}}`;
}
function logfmtLine(i: number): string {
  const msg = pick(['ok', '"time out"', '"a \\"b\\""', 'größe', ''], i);
  return `msg=${msg} status=${pick(['200', '404', '500', '5xx'], i)} took=${hash(i) % 70}ms size=${hash(i) % 9}KB v=${i % 12} trace=${hash(i).toString(16).padStart(8, '0')} app=y`;
}
const brokenLine = (i: number): string =>
  pick([jsonLine(i).slice(0, -9), 'ERROR: disk', `status=${i} "`, '{"v":}'], i);

beforeAll(async () => {
  folder = temporaryFolder();
  store = await openStore(folder, { deleteDelayMs: 0, compactionShare: 0 });
  engine = new QueryEngine({ runningMax: 2, workers: inProcessWorkers(store.reader, store.host) });
  const streams = [
    { of: labels({ app: 'x', pod: '0' }), line: jsonLine },
    { of: labels({ app: 'y', pod: '0', level: 'own' }), line: logfmtLine },
  ];
  for (const { of, line } of streams) {
    const stream = store.writer.stream(tenant, of);
    for (let from = 0; from < linesPerStream; from += linesPerStream / 3) {
      const entries = Array.from({ length: linesPerStream / 3 }, (_, k) => {
        const i = from + k;
        const metadata = i % 70 === 0 ? { pod: 'own' } : {};
        return {
          stream,
          ns: startNs + BigInt(i) * 3n * secondNs,
          line: i % 25 === 7 ? brokenLine(i) : line(i),
          level: i % 9,
          metadata,
        };
      });
      await store.writer.append(entryColumns(entries));
      await store.host.flush();
    }
  }
});
afterAll(async () => {
  await store.close();
  removeFolder(folder);
});

const database = (): Database.Database => new Database(join(folder, 'skald.db'));
function versions(): number[] {
  const file = database();
  const heads = file
    .prepare('SELECT lines FROM block JOIN block_data USING (id) WHERE until IS NULL')
    .pluck()
    .all();
  file.close();
  return heads.map((lines) => (lines as Buffer)[0] as number);
}
/** Sorted: units of different streams come in any order. */
const read = (): string[] => linesOf(readAll(store.reader, store.host.snapshot())).sort();

interface Question {
  readonly text: string;
  readonly from: number;
  readonly length: number;
  readonly stepSeconds: number;
}
const spanSeconds = 3 * linesPerStream;
/** Sums of fractions differ in their last digits with the order of what is added. */
const question = fc
  .record({
    text: randomMetricQuery,
    from: fc.nat(spanSeconds),
    length: fc.nat(spanSeconds),
    stepSeconds: fc.constantFrom(0, 97, 600, 3600),
  })
  .filter(({ text }) => !/rate|avg|std|quantile|took|[*/%]/.test(text));

async function answerTo({ text, from, length, stepSeconds }: Question): Promise<string> {
  const end = startNs + BigInt(from + length) * secondNs;
  const start = stepSeconds === 0 ? end : startNs + BigInt(from) * secondNs;
  const stepNs = BigInt(stepSeconds) * secondNs;
  try {
    const request = { query: parseMetricExpr(text), startNs: start, endNs: end, stepNs };
    const answer = await engine.metrics(request, { ...testContext(), tenant, splitInstantNs: 0n });
    const rows =
      answer.kind === 'scalar'
        ? [answer.value]
        : answer.series.map((series) => [series.labels, [...series.timesMs], [...series.values]]);
    return rows
      .map((row) => JSON.stringify(row))
      .sort()
      .join('\n');
  } catch (error) {
    if (error instanceof QueryEvaluationError) return 'refused';
    throw error;
  }
}

describe('a store whose lines become columns', () => {
  it('answers as before', async () => {
    const asked: Question[] = [
      ...fc.sample(question, questions),
      ...[
        'sum by (status) (count_over_time({app="x"} | json [1h]))',
        'sum by (v) (count_over_time({app="x"} | json | status >= 500 | __error__="" [1h]))',
        'sum by (req_id) (sum_over_time({app="x"} | json | unwrap v | __error__="" [1h]))',
        'sum by (a_b) (count_over_time({app="x"} | json | __error__="" [1h]))',
        'sum by (app_extracted) (count_over_time({app="y"} | logfmt | v > 3 [1h]))',
        'max by (status) (max_over_time({app="y"} | logfmt | unwrap bytes(size) | __error__="" [1h]))',
        'sum by (status) (count_over_time({app="y"} |= "00" | logfmt [1h]))',
        'sum(count_over_time({app="y"} |= "time out" [1h]))',
        'sum(bytes_over_time({app=~"x|y"} |= "77" [1h]))',
        'sum(count_over_time({app=~"x|y"} | json | __error__!="" [1h]))',
      ].map((text) => ({ text, from: 0, length: spanSeconds, stepSeconds: 600 })),
    ];
    const lines = read();
    const before: string[] = [];
    for (const one of asked) before.push(await answerTo(one));
    expect(new Set(versions())).toEqual(new Set([1]));
    await store.host.compact();
    expect(new Set(versions())).toEqual(new Set([2]));
    expect(read()).toEqual(lines);
    for (const [i, one] of asked.entries()) expect(await answerTo(one), JSON.stringify(one)).toBe(before[i]);
    expect(before.filter((answer) => answer !== '' && answer !== 'refused').length).toBeGreaterThan(
      questions / 10,
    );
  });

  it('finds lines by filters, and the newest ones', async () => {
    const expected = read().filter((line) => line.includes('user 77 has'));
    const request = {
      query: parseLogQuery('{app="x"} |= "user 77 has"'),
      startNs,
      endNs: startNs + BigInt(spanSeconds) * secondNs,
      limit: 100,
      direction: 'backward' as const,
      categorizeLabels: false,
      intervalNs: 0n,
    };
    const { resultJson } = await engine.logs(request, { ...testContext(), tenant });
    const streams = JSON.parse(Buffer.from(resultJson).toString()) as { values: [string, string][] }[];
    expect(streams.flatMap(({ values }) => values.map(([, line]) => line)).sort()).toEqual(expected.sort());
    expect(expected.length).toBeGreaterThan(1);
  });

  it('loses what is deleted and keeps all else as columns', async () => {
    const expected = read().filter((line) => !line.includes('user 7 '));
    await store.host.deletes.create({
      tenant,
      query: parseLogQuery('{app="x"} |= "user 7 "'),
      startNs,
      endNs: startNs + BigInt(spanSeconds) * secondNs,
    });
    expect(read()).toEqual(expected);
    await expect
      .poll(async () => (await store.host.deletes.list(tenant)).map(({ status }) => status))
      .toEqual(['processed']);
    expect(read()).toEqual(expected);
    expect(new Set(versions())).toEqual(new Set([2]));
  });

  it('is verified, frame by frame', async () => {
    expect((await verifyStore(join(folder, 'skald.db'))).problems).toEqual([]);
    const file = database();
    const id = file.prepare('SELECT max(id) FROM block').pluck().get() as number;
    const lines = file.prepare('SELECT lines FROM block_data WHERE id = ?').pluck().get(id) as Buffer;
    for (const at of [9, 40, lines.length >> 1, lines.length - 1]) {
      const damaged = Buffer.from(lines);
      damaged[at] = (damaged[at] as number) ^ 0xff;
      file.prepare('UPDATE block_data SET lines = ? WHERE id = ?').run(damaged, id);
      const { problems } = await verifyStore(join(folder, 'skald.db'));
      expect(problems.map(({ block }) => block)).toEqual([id]);
    }
    file.prepare('UPDATE block_data SET lines = ? WHERE id = ?').run(lines, id);
    file.close();
    expect((await verifyStore(join(folder, 'skald.db'))).problems).toEqual([]);
  });
});
