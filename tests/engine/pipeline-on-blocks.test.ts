// Log queries over a real store, entries in blocks and in segments, give what their pipeline gives line by line over a
// plain array; and units scanned in two executions give what one execution gives.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mergeRows, renderStreams } from '../../src/engine/logs/log-merge.ts';
import { QueryEngine } from '../../src/engine/run/query-engine.ts';
import { parseLogQuery } from '../../src/logql/parser.ts';
import { labelsToRecord } from '../../src/model/labels.ts';
import { labelsOrder } from '../../src/model/labels-order.ts';
import { compileLogPipeline } from '../../src/pipeline/log-pipeline.ts';
import { LogScanner } from '../../src/scan/logs/log-scanner.ts';
import { MemoryShare } from '../../src/scan/query-memory.ts';
import { ScanControl } from '../../src/scan/scan-control.ts';
import { runUnits, ScanSession } from '../../src/scan/scan-unit-loop.ts';
import { SharedBudget } from '../../src/scan/shared-budget.ts';
import type { LogPart, LogTask } from '../../src/store/scan-task.ts';
import { entryColumns, labels, type TestEntry } from '../store/columns.ts';
import { type OpenStore, openStore, removeFolder, temporaryFolder } from '../store/open-store.ts';
import { within } from '../within.ts';
import { inProcessWorkers } from './in-process-workers.ts';
import { testContext } from './recorded-engine.ts';

const folder = temporaryFolder();
let store: OpenStore;
let engine: QueryEngine;
beforeAll(async () => {
  store = await openStore(folder);
  engine = new QueryEngine({
    workers: inProcessWorkers(store.reader, store.host),
    runningMax: 2,
  });
});
afterAll(async () => {
  await store.close();
  removeFolder(folder);
});

const startNs = 1_768_471_200_000_000_000n;
const rangeTicks = 60;
/** Few times, so that many entries share one; some minutes apart, so that units differ. */
const tickNs = 20_000_000_000n;
const atNs = (tick: number): bigint => startNs + BigInt(tick) * tickNs;

const word = fc.constantFrom('ok', 'Error', 'ERROR: disk', 'timeout', 'größe', '');
const status = fc.constantFrom(200, 404, 500, 503);
const path = fc.constantFrom('/api/items', '/api/users/7', '/health');
const line = fc.oneof(
  fc
    .record({
      msg: word,
      status,
      path,
      app: fc.constantFrom('inner', 'x'),
      req: fc.record({ id: fc.nat(5) }),
    })
    .map((fields) => JSON.stringify(fields)),
  fc
    .tuple(word, status, path, fc.nat(3))
    .map(([msg, code, at, n]) => `msg="${msg}" status=${code} path=${at} took=${n}s`),
  fc.tuple(word, status, path).map(([msg, code, at]) => `10.0.0.${code % 7} - GET ${at} ${code} ${msg}`),
  word,
  fc.constant('{"msg":"cut off'),
);

interface Written {
  readonly stream: number;
  readonly tick: number;
  readonly line: string;
  readonly metadata: Record<string, string>;
}
const written: fc.Arbitrary<Written> = fc.record({
  stream: fc.nat(2),
  tick: fc.nat(rangeTicks),
  line,
  metadata: fc.constantFrom({}, { trace: 'a1' }, { trace: 'b2', status: 'meta' }),
});
/** Pushes, with some entries sent again in a later one. */
const pushes = fc
  .array(fc.array(written, { minLength: 1, maxLength: 25 }), { minLength: 2, maxLength: 4 })
  .map((groups) =>
    groups.map((group, i) => (i === 0 ? group : [...group, ...(groups[0] ?? []).slice(0, 3)])),
  );

const streamLabels = [
  { app: 'x', pod: '0' },
  { app: 'x', pod: '1', env: 'dev' },
  { app: 'y', pod: '2', env: 'prod' },
];
/** Level by the line, so that equal lines are equal entries. */
const levelOf = (text: string): number => (/error/i.test(text) ? 6 : text.length % 2 === 0 ? 3 : 0);

const selector = fc.constantFrom('{app=~".+"}', '{app="x"}', '{pod!="0", app=~"x|y"}', '{app="x", env=""}');
const lineFilter = fc.constantFrom(
  ...[
    '|= "status"',
    '!= "disk"',
    '|= "ERROR" or "timeout"',
    '|~ "(?i)error"',
    '|~ "5\\\\d\\\\d"',
    '!~ "users/[0-9]+"',
  ],
  ...['|~ "^10\\\\.|api"', '|> "<_>/api/<_>"', '|= ip("10.0.0.0/8")', '|~ "(?i)größe|OK"'],
);
const parser = fc.constantFrom(
  ...['json', 'logfmt', 'logfmt --strict', 'json code="status", id="req.id"', 'logfmt level="msg"'],
  ...['pattern "<ip> - <method> <path> <status> <msg>"', 'regexp "(?P<status>[245]\\\\d\\\\d)"', 'unpack'],
);
const labelStage = fc.constantFrom(
  ...[
    'status >= 500',
    'status = "404" or msg =~ "(?i)error.*"',
    'took > 1s',
    '__error__ = ""',
    'trace = "a1"',
  ],
  ...['detected_level = "error"', 'pod != "1"', 'line_format "{{.msg}} {{.status}} {{__line__ | len}}"'],
  ...['line_format "{{.path | upper}}"', 'label_format code=status', 'label_format msg="{{.msg}}!{{.pod}}"'],
  ...['drop __error__, __error_details__', 'drop status="200", trace', 'keep app, msg', 'decolorize'],
);
const query = fc
  .tuple(
    selector,
    fc.array(lineFilter, { maxLength: 2 }),
    fc.array(fc.oneof(parser, labelStage), { maxLength: 4 }),
    fc.option(lineFilter, { nil: '' }),
  )
  .map(([chosen, filters, stages, late]) =>
    [chosen, ...filters, ...stages.map((stage) => `| ${stage}`), late].join(' '),
  )
  // `drop x !~ "…"` is read as a matcher of the drop.
  .filter((text) => !/(drop|keep)[^|]*,?\s*\w+ (!=|!~)/.test(text));

const request = fc.record({
  query,
  from: fc.integer({ min: 0, max: 20 }),
  to: fc.integer({ min: 30, max: rangeTicks + 1 }),
  limit: fc.constantFrom(1, 3, 10, 1000),
  direction: fc.constantFrom('forward' as const, 'backward' as const),
});
type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;

interface Stored extends TestEntry {
  readonly stream: number;
  readonly line: string;
  readonly level: number;
  readonly metadata: Record<string, string>;
}
interface Row {
  readonly ns: bigint;
  /** Among streams with entries of the same time. */
  readonly order: number;
  readonly shown: Record<string, string>;
  readonly line: string;
  readonly rest: unknown;
}
type Streams = readonly { stream: Record<string, string>; values: readonly (readonly unknown[])[] }[];

let tenants = 0;
/** All pushes but the last as blocks, the last one in segments; each run has a tenant of its own. */
async function appendAll(
  groups: readonly (readonly Written[])[],
): Promise<{ tenant: string; stored: Stored[] }> {
  const tenant = `tenant-${++tenants}`;
  const ids = streamLabels.map((record) => store.writer.stream(tenant, labels(record)));
  const entries = groups.map((group) =>
    group.map(
      (one): Stored => ({
        stream: ids[one.stream] as number,
        ns: atNs(one.tick),
        line: one.line,
        level: levelOf(one.line),
        metadata: one.metadata,
      }),
    ),
  );
  for (const [i, group] of entries.entries()) {
    if (i === entries.length - 1) await store.host.flush();
    await store.writer.append(entryColumns(group));
  }
  const seen = new Map<string, Stored>();
  for (const one of entries.flat()) {
    const key = JSON.stringify([one.stream, String(one.ns), one.line, one.metadata]);
    if (!seen.has(key)) seen.set(key, one);
  }
  return { tenant, stored: [...seen.values()] };
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** Sort, run every stage in its place over each line, sort, cut. */
function expected(stored: readonly Stored[], ids: readonly number[], { query, ...asked }: Request): Row[] {
  const { matchers, stages } = parseLogQuery(query);
  const pipeline = compileLogPipeline(stages);
  const sign = asked.direction === 'forward' ? 1 : -1;
  const rows = ids.flatMap((id, which) => {
    const record: Record<string, string> = streamLabels[which] as Record<string, string>;
    const selected = matchers.every(({ name, op, value }) => {
      const has = record[name] ?? '';
      const equal = op.endsWith('~') ? new RegExp(`^(?:${value})$`).test(has) : has === value;
      return equal === op.startsWith('=');
    });
    if (!selected) return [];
    const stream = pipeline.forStream(labels(record));
    const seen = new Set<string>();
    const sorted = stored
      .filter(({ stream: of, ns }) => of === id && ns >= atNs(asked.from) && ns < atNs(asked.to))
      .sort((a, b) => compare(a.ns, b.ns));
    if (sign < 0) sorted.reverse();
    return sorted.flatMap(({ ns, line: text, level, metadata }): Row[] => {
      const bytes = Buffer.from(text);
      const output = stream.process({
        timestampNs: ns,
        bytes,
        lineStart: 0,
        lineEnd: bytes.length,
        structuredMetadata: labels(metadata),
        level,
      });
      if (output === undefined) return [];
      const { stream: shown, structuredMetadata, parsed } = output.labels;
      const rest = {
        ...(structuredMetadata.length > 0 && { structuredMetadata: labelsToRecord(structuredMetadata) }),
        ...(parsed.length > 0 && { parsed: labelsToRecord(parsed) }),
      };
      const row: Row = {
        ns,
        order: labelsOrder(labels(record)),
        shown: labelsToRecord(shown),
        line: output.line,
        rest,
      };
      const key = JSON.stringify([String(ns), row.shown, rest, row.line]);
      if (seen.has(key)) return [];
      seen.add(key);
      return [row];
    });
  });
  return rows.sort((a, b) => sign * compare(a.ns, b.ns) || a.order - b.order).slice(0, asked.limit);
}

const byLabels = (answer: Streams): Map<string, unknown> =>
  new Map(answer.map(({ stream, values }) => [JSON.stringify(Object.entries(stream).sort()), values]));

function grouped(rows: readonly Row[]): Map<string, unknown> {
  const groups = new Map<string, unknown[]>();
  for (const { ns, shown, line: text, rest } of rows) {
    const key = JSON.stringify(Object.entries(shown).sort());
    groups.set(key, [...(groups.get(key) ?? []), [String(ns), text, rest]]);
  }
  return groups;
}

const parse = (json: Uint8Array): Streams => JSON.parse(Buffer.from(json).toString()) as Streams;

describe('log queries over blocks and segments', () => {
  it('give what the pipeline gives line by line', async () => {
    let rows = 0;
    await fc.assert(
      fc.asyncProperty(
        pushes,
        fc.array(request, { minLength: 4, maxLength: 8 }),
        within(
          15_000,
          async (groups, requests) => {
            const { tenant, stored } = await appendAll(groups);
            const ids = streamLabels.map((record) => store.writer.stream(tenant, labels(record)));
            for (const asked of requests) {
              const want = expected(stored, ids, asked);
              const { resultJson } = await engine.logs(
                {
                  query: parseLogQuery(asked.query),
                  startNs: atNs(asked.from),
                  endNs: atNs(asked.to),
                  limit: asked.limit,
                  direction: asked.direction,
                  intervalNs: 0n,
                  categorizeLabels: true,
                },
                { ...testContext(), tenant },
              );
              expect(byLabels(parse(resultJson)), asked.query).toEqual(grouped(want));
              rows += want.length;
            }
          },
          () => rows > 100,
        ),
      ),
      { numRuns: 100 },
    );
    // The queries do match something.
    expect(rows).toBeGreaterThan(100);
  });

  it('give the same when the units are shared between two executions', async () => {
    let split = 0;
    await fc.assert(
      fc.asyncProperty(
        pushes,
        request,
        fc.boolean(),
        within(
          10_000,
          async (groups, asked, told) => {
            const { tenant } = await appendAll(groups);
            const snapshot = store.host.snapshot();
            const task: LogTask = {
              kind: 'logs',
              tenant,
              scanBytesMax: 0,
              query: parseLogQuery(asked.query),
              startNs: atNs(asked.from),
              endNs: atNs(asked.to),
              limit: asked.limit,
              direction: asked.direction,
              categorizeLabels: true,
            };
            /** One execution over the units that `takes` names; `watermark` is what another one has told it. */
            const execute = async (takes: (index: number) => boolean, watermark?: bigint) => {
              const control = new ScanControl();
              if (watermark !== undefined) control.raiseWatermark(watermark);
              const scanner = new LogScanner(task, new MemoryShare(SharedBudget.create(64 * 1024 * 1024)));
              const { units } = store.reader.plan(snapshot, scanner.request);
              const mine = [...units].filter((_, i) => takes(i));
              if (mine.length > 0 && mine.length < units.length) split++;
              const session = new ScanSession(store.reader, { ...task, snapshot }, control);
              await runUnits(scanner, mine, session, async () => {});
              const { part } = scanner.finish(session.counts(scanner.linesAfterFilter));
              return { part, watermark: control.watermark };
            };
            const answer = (parts: readonly LogPart[]): string =>
              Buffer.from(renderStreams(mergeRows(parts, asked.direction, asked.limit))).toString();
            const whole = await execute(() => true);
            const first = await execute((i) => i % 2 === 0);
            const second = await execute((i) => i % 2 === 1, told ? first.watermark : undefined);
            expect(answer([second.part, first.part]), asked.query).toBe(answer([whole.part]));
          },
          () => split > 20,
        ),
      ),
      { numRuns: 100 },
    );
    expect(split).toBeGreaterThan(20);
  });
});
