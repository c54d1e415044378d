// Real worker threads over a real SQLite store: the same answers as one thread, stopping, and dead workers.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openQueryEngine, type QueryEngine } from '../../src/engine/run/query-engine.ts';
import type { QueryContext } from '../../src/engine/run/query-service.ts';
import { startScanThread } from '../../src/gateway/threads/start.ts';
import { parseLogQuery, parseMetricExpr } from '../../src/logql/parser.ts';
import { labelsFromPairs } from '../../src/model/labels.ts';
import { QueryCancelledError } from '../../src/scan/query-errors.ts';
import { SqliteStoreHost } from '../../src/sqlite/main/host.ts';
import { storeSettings } from '../../src/sqlite/main/settings.ts';
import { openWriter } from '../../src/sqlite/write/writer.ts';
import { testContext } from './recorded-engine.ts';

const startSeconds = 1_768_471_200;
const startNs = BigInt(startSeconds) * 1_000_000_000n;
const range = { startNs, endNs: startNs + 7_200_000_000_000n };
const streamCount = 8;
/** Entries of a stream, one a second. */
const streamEntries = 7_200;
const padding = 'x'.repeat(400);

const folder = mkdtempSync(join(tmpdir(), 'skald-engine-'));
let host: SqliteStoreHost;
let writer: ReturnType<typeof openWriter>;
let engine: QueryEngine;
const lost: Error[] = [];

async function append(from: number, until: number): Promise<void> {
  const ids = Array.from({ length: streamCount }, (_, s) =>
    writer.stream(
      'fake',
      labelsFromPairs([
        ['app', 'x'],
        ['pod', String(s)],
      ]),
    ),
  );
  const rows = ids.flatMap((_, s) => Array.from({ length: until - from }, (_, i) => ({ s, i: from + i })));
  const lines = rows.map(({ s, i }) => Buffer.from(`n=${i} pod=${s} ${padding}`));
  const ends = new Uint32Array(rows.length);
  let at = 0;
  lines.forEach((line, i) => {
    at += line.length;
    ends[i] = at;
  });
  const none = new Uint32Array(rows.length);
  await writer.append({
    bytes: Buffer.concat(lines),
    count: rows.length,
    stream: Uint32Array.from(rows, ({ s }) => s),
    seconds: Float64Array.from(rows, ({ i }) => startSeconds + i),
    nanos: none,
    lineStart: ends.map((end, i) => end - (lines[i] as Buffer).length),
    lineEnd: ends,
    level: new Uint8Array(rows.length).fill(4),
    metadataBytes: new Uint8Array(0),
    metadataStart: none,
    metadataEnd: none,
    streams: ids,
  });
}

beforeAll(async () => {
  host = await SqliteStoreHost.open(storeSettings(join(folder, 'skald.db'), { retentionNs: 0n }));
  writer = openWriter(host.writerSettings().settings, { onHead: (list) => host.useHead(list) });
  const half = streamEntries / 2;
  await append(0, half);
  await host.flush();
  // The second half stays in segments.
  await append(half, streamEntries);
  engine = openQueryEngine({
    count: 3,
    startThread: startScanThread,
    head: host,
    reader: () => host.readerSettings(),
    onWorkerLost: (error) => lost.push(error),
  });
});

afterAll(async () => {
  await engine.close();
  await writer.close();
  await host.close();
  rmSync(folder, { recursive: true });
});

const at = (query: string, ns = range.endNs) => ({
  query: parseMetricExpr(query),
  startNs: ns,
  endNs: ns,
  stepNs: 0n,
});

describe('workers', () => {
  it.each([
    ['sum(count_over_time({app="x"}[2h]))', streamCount * (streamEntries - 1)],
    ['sum(count_over_time({app="x"} |= "n=1" [2h]))', undefined],
    [
      'sum(sum_over_time({app="x"} | logfmt n | unwrap n [2h]))',
      (streamCount * streamEntries * (streamEntries - 1)) / 2,
    ],
    ['quantile_over_time(1, {app="x"} | logfmt n | unwrap n [2h]) by (app)', streamEntries - 1],
    ['count(count_over_time({app="x"}[2h]))', streamCount],
  ])('%s', async (query, want) => {
    const result = await engine.metrics(at(query), testContext());
    const [only] = result.kind === 'vector' ? result.series : [];
    const expected =
      want ??
      streamCount *
        Array.from({ length: streamEntries }, (_, i) => `n=${i}`).filter((n) => n.startsWith('n=1')).length;
    expect(only?.values[0]).toBe(expected);
  });

  it('give the newest lines of all streams, and all that are there', async () => {
    const query = {
      query: parseLogQuery('{app="x"}'),
      ...range,
      intervalNs: 0n,
      categorizeLabels: false,
    } as const;
    const newest = await engine.logs({ ...query, limit: 20, direction: 'backward' }, testContext());
    const streams = JSON.parse(Buffer.from(newest.resultJson).toString()) as { values: [string, string][] }[];
    const times = streams.flatMap(({ values }) =>
      values.map(([time]) => Number(BigInt(time) / 1_000_000_000n) - startSeconds),
    );
    expect(times.length).toBe(20);
    expect(Math.min(...times)).toBe(streamEntries - 3);
    const all = await engine.logs({ ...query, limit: 100_000, direction: 'forward' }, testContext());
    expect(all.statistics.entriesReturned).toBe(streamCount * streamEntries);
  });

  it('answer label and series questions', async () => {
    expect(await engine.labelNames(undefined, range, testContext())).toEqual(['app', 'pod']);
    expect(await engine.labelValues('pod', parseLogQuery('{pod=~"[12]"}'), range, testContext())).toEqual([
      '1',
      '2',
    ]);
    expect(
      await engine.series([parseLogQuery('{pod="1"}'), parseLogQuery('{app="x"}')], range, testContext()),
    ).toHaveLength(streamCount);
    const stats = await engine.stats(parseLogQuery('{app="x"}'), range, testContext());
    expect([stats.streams, stats.entries]).toEqual([streamCount, streamCount * streamEntries]);
  });

  it('stop when the caller goes away, and work on', async () => {
    const abort = new AbortController();
    const context: QueryContext = { ...testContext(), signal: abort.signal };
    const stopped = engine.metrics(
      at('sum(count_over_time({app="x"} |~ "(a|b|x)+y" | logfmt | n > 5 [2h]))'),
      context,
    );
    setImmediate(() => abort.abort());
    await expect(stopped).rejects.toBeInstanceOf(QueryCancelledError);
    const result = await engine.metrics(at('count(count_over_time({app="x"}[2h]))'), testContext());
    expect(result.kind).toBe('vector');
  });

  it('share one answer under twenty queries at once', async () => {
    const results = await Promise.all(
      Array.from({ length: 20 }, () =>
        engine.metrics(at('sum(count_over_time({app="x"} |= "n=1" [2h]))'), testContext()),
      ),
    );
    const values = results.map((result) =>
      result.kind === 'vector' ? result.series[0]?.values[0] : undefined,
    );
    expect(new Set(values).size).toBe(1);
    expect(engine.load).toEqual({ running: 0, waiting: new Map() });
    expect(lost).toEqual([]);
  });
});

it('threads start with a query, end when none has come for a while, and lose nothing', async () => {
  const failed: Error[] = [];
  const resting = openQueryEngine({
    count: 2,
    startThread: startScanThread,
    head: host,
    reader: () => host.readerSettings(),
    onWorkerLost: (error) => failed.push(error),
    // Far less than a query takes: they may end between any two of them and never within one.
    idleEndMs: 1,
  });
  const threads = () => resting.workerLoad.threads;
  const query = at('count(count_over_time({app="x"} |= "n=" [2h]))');
  for (let round = 0; round < 3; round++) {
    await expect.poll(threads).toBe(0);
    expect(resting.problem).toBeUndefined();
    const asked = Array.from({ length: 5 }, () => resting.metrics(query, testContext()));
    await expect.poll(threads, { interval: 1 }).toBe(2);
    for (const result of await Promise.all(asked))
      expect(result.kind === 'vector' && result.series[0]?.values[0]).toBe(streamCount);
  }
  await resting.close();
  await expect(resting.metrics(query, testContext())).rejects.toThrow();
  expect(failed).toEqual([]);
});

it('says so when a worker dies, and fails its queries', async () => {
  const died: Error[] = [];
  let tell = (): void => {};
  const told = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const broken = openQueryEngine({
    count: 1,
    startThread: startScanThread,
    head: host,
    reader: () => ({ path: join(folder, 'not-there.db'), retentionNs: 0n }),
    onWorkerLost: (error) => {
      died.push(error);
      tell();
    },
  });
  await expect(broken.metrics(at('count_over_time({app="x"}[1m])'), testContext())).rejects.toThrow(
    /^a query worker stopped while it worked on this query: /,
  );
  await told;
  expect(died).toHaveLength(1);
  await broken.close();
});
