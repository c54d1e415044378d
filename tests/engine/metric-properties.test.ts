// Any metric query over random entries gives what the slow reference gives, however the store cuts its data.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { alignRange } from '../../src/engine/align.ts';
import { QueryEngine } from '../../src/engine/query-engine.ts';
import { inProcessWorkers } from '../../src/engine/query-workers.ts';
import { parseMetricExpr } from '../../src/logql/parser.ts';
import { type Labels, labelsFromPairs, labelsKey } from '../../src/model/labels.ts';
import { MemoryStore, type MemoryStream } from './memory-store.ts';
import { testContext } from './recorded-engine.ts';
import { referenceAt } from './reference.ts';

const second = 1_000_000_000n;
const originNs = 1_768_471_200n * second;

const entry = fc
  .record({
    // Whole seconds often, so that entries stand exactly on window edges.
    seconds: fc.integer({ min: -400, max: 400 }),
    nanos: fc.constantFrom(0, 0, 1, 999_999_999, 500_000_000),
    v: fc.oneof(fc.integer({ min: -9, max: 9 }), fc.double({ min: -1e3, max: 1e3, noNaN: true })),
    level: fc.constantFrom(0, 4, 6),
    trace: fc.constantFrom('', '', 'a', 'b'),
  })
  .map(({ seconds, nanos, v, level, trace }) => ({
    timestampNs: originNs + BigInt(seconds) * second + BigInt(nanos),
    line: Buffer.from(`v=${v} w=${Math.abs(v)}`),
    structuredMetadata: labelsFromPairs([['trace', trace]]),
    level,
  }));

const streams = fc
  .uniqueArray(fc.tuple(fc.constantFrom('x', 'y'), fc.constantFrom('1', '2', '')), {
    maxLength: 5,
    selector: String,
  })
  .chain((labels) =>
    fc.tuple(
      ...labels.map(([app, pod]) =>
        fc.array(entry, { maxLength: 40 }).map(
          (entries): MemoryStream => ({
            labels: labelsFromPairs([
              ['app', app],
              ['pod', pod],
            ]),
            entries,
          }),
        ),
      ),
    ),
  );

const range = fc.constantFrom('1s', '7s', '30s', '1m', '90s', '10m');
const offset = fc.constantFrom('', '', ' offset 30s', ' offset -1m');
const counting = fc
  .tuple(
    fc.constantFrom('count_over_time', 'rate', 'bytes_over_time', 'bytes_rate', 'absent_over_time'),
    fc.constantFrom('', ' |= "v=1"', ' | trace="a"', ' | drop trace'),
    range,
    offset,
  )
  .map(([op, stage, r, o]) => `${op}({app="x"}${stage} [${r}]${o})`);
const unwrapping = fc
  .tuple(
    fc.constantFrom('sum', 'avg', 'min', 'max', 'stddev', 'stdvar', 'first', 'last', 'quantile'),
    range,
    offset,
    fc.constantFrom('', ' by (pod)', ' without (trace, w)'),
  )
  .map(([op, r, o, by]) => {
    // Ties of first and last between streams have no right answer: one stream, no equal times within it.
    const selector = op === 'first' || op === 'last' ? '{app="x",pod="1"} | drop trace' : '{app=~"x|y"}';
    const q = op === 'quantile' ? '0.7, ' : '';
    return `${op}_over_time(${q}${selector} | logfmt | unwrap v [${r}]${o})${by === '' || op !== 'sum' ? by : ''}`.replace(
      /sum_over_time(.*)\)(.*)$/,
      'sum_over_time$1)',
    );
  });
const leaf = fc.oneof(counting, unwrapping);
const grouped = fc
  .tuple(
    fc.constantFrom('sum', 'avg', 'min', 'max', 'count', 'stddev', 'stdvar'),
    fc.constantFrom('', ' by (pod)', ' by (detected_level)', ' without (pod)', ' by (app, trace)'),
    leaf,
  )
  .map(([op, by, inner]) => `${op}${by} (${inner})`);
const combined = fc
  .tuple(
    grouped,
    fc.constantFrom('+', '-', '*', '/', '> bool', '>', '<=', '==', 'and', 'or', 'unless'),
    fc.oneof(fc.constantFrom('2', '0.5', '1'), grouped),
  )
  .filter(([, op, right]) => !(/and|or|unless/.test(op) && /^[\d.]+$/.test(right)))
  .map(([left, op, right]) => `${left} ${op} ${right}`);
const query = fc.oneof(leaf, grouped, combined);

const layout = fc.record({
  unitEntries: fc.integer({ min: 1, max: 30 }),
  batchEntries: fc.integer({ min: 1, max: 11 }),
  statistics: fc.boolean(),
});
const timing = fc.record({
  start: fc.integer({ min: -300, max: 300 }),
  length: fc.integer({ min: 0, max: 300 }),
  step: fc.constantFrom(1, 7, 30, 60, 97, 600),
});

const time = (ns: bigint): number => Number(ns / 1_000_000n);
const show = (labels: Labels, ms: number): string => `${labelsKey(labels)}@${ms}`;

it('agrees with the reference', async () => {
  await fc.assert(
    fc.asyncProperty(streams, query, layout, timing, async (data, text, options, { start, length, step }) => {
      const expr = parseMetricExpr(text);
      const workers = inProcessWorkers(new MemoryStore(data, options));
      const engine = new QueryEngine({ workers, snapshot: () => undefined, runningMax: 1 });
      const startNs = originNs + BigInt(start) * second;
      const asked = { startNs, endNs: startNs + BigInt(length) * second };
      const stepNs = BigInt(step) * second;
      const result = await engine.metrics({ query: expr, ...asked, stepNs }, testContext());
      const got = new Map<string, number>();
      if (result.kind !== 'scalar') {
        for (const { labels, timesMs, values } of result.series) {
          timesMs.forEach((ms, i) => {
            got.set(show(labels, ms), values[i] as number);
          });
        }
      }
      const want = new Map<string, number>();
      const aligned = alignRange(asked, stepNs);
      for (let at = aligned.startNs; at <= aligned.endNs; at += stepNs) {
        for (const { labels, value } of referenceAt(expr, data, at).values())
          want.set(show(labels, time(at)), value);
      }
      // A comparison may fall on either side of a rounding error.
      if (/[=<>]/.test(text.replace(/\{[^}]*\}|\| *\w+="\w"|\|= "[^"]*"/g, '')) && !/bool/.test(text)) {
        for (const [key, value] of got)
          if (want.has(key)) expect(value).toBeCloseTo(want.get(key) as number, 6);
        return;
      }
      expect([...got.keys()].sort()).toEqual([...want.keys()].sort());
      for (const [key, value] of got) {
        const wanted = want.get(key) as number;
        if (/bool/.test(text)) expect([0, 1]).toContain(value);
        else if (Number.isNaN(wanted)) expect(value).toBeNaN();
        else expect(Math.abs(value - wanted)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(wanted)));
      }
    }),
    { numRuns: 400 },
  );
});
