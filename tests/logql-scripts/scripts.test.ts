// Runs the scripts beside this file (script.ts has their language) with the engine, over entries in one piece and one by
// one: answers must not depend on it.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { QueryEngine } from '../../src/engine/run/query-engine.ts';
import type { MetricResult } from '../../src/engine/run/query-service.ts';
import { formatGoFloat, parseGoFloat } from '../../src/go/number.ts';
import { parseExpr } from '../../src/logql/parser.ts';
import { levelNone } from '../../src/model/entry.ts';
import { labelsFromPairs, labelsKey, labelsToRecord } from '../../src/model/labels.ts';
import { inProcessWorkers } from '../engine/in-process-workers.ts';
import { MemoryStore, type MemoryStream } from '../engine/memory-store.ts';
import { testContext } from '../engine/recorded-engine.ts';
import { type Evaluation, type Load, labelsOf, parseScript, timeOf } from './script.ts';

/** A whole day, so that windows which are aligned to the epoch begin with the script. */
const startNs = 1_768_435_200_000_000_000n;
const dayNs = 86_400_000_000_000n;
const msOf = (ns: bigint): number => Number(ns / 1_000_000n);
/** Of values: sums of floats come in no order. */
const relativeDifferenceMax = 1e-12;

const folder = new URL('.', import.meta.url);
const scripts = readdirSync(folder).filter((name) => name.endsWith('.script'));

it('there are scripts', () => expect(scripts.length).toBeGreaterThan(0));

describe.each(scripts)('%s', (name) => {
  let loads: Load[] = [];
  for (const command of parseScript(readFileSync(new URL(name, folder), 'utf8'))) {
    if (command.kind === 'clear') loads = [];
    else if (command.kind === 'load') loads = [...loads, command];
    else {
      const loaded = loads;
      it(`line ${command.lineNumber}: ${command.query}`, async () => {
        for (const unitEntries of [1000, 1]) {
          const store = new MemoryStore(streamsOf(loaded), { unitEntries });
          const engine = new QueryEngine({
            workers: inProcessWorkers(store),
            runningMax: 1,
          });
          await check(engine, command);
          await engine.close();
        }
      });
    }
  }
});

function streamsOf(loads: readonly Load[]): MemoryStream[] {
  const streams = new Map<string, Load[]>();
  for (const load of loads) {
    const key = labelsKey(labelsFromPairs(load.labels));
    streams.set(key, [...(streams.get(key) ?? []), load]);
  }
  return [...streams.values()].map((parts) => ({
    labels: labelsFromPairs(parts[0]?.labels ?? []),
    entries: parts
      .flatMap(({ entries }) => entries)
      .map(({ atNs, metadata, line }) => ({
        timestampNs: startNs + atNs,
        line: Buffer.from(line),
        structuredMetadata: labelsFromPairs(metadata),
        level: levelNone,
      })),
  }));
}

async function check(engine: QueryEngine, evaluation: Evaluation): Promise<void> {
  const { form, fails, rows } = evaluation;
  if (fails) {
    for (const text of rows) await expect(answer(engine, evaluation)).rejects.toThrow(text);
    return;
  }
  const got = await answer(engine, evaluation);
  const ordered = form.kind === 'lines' || (form.kind === 'instant' && form.ordered);
  const wanted = form.kind === 'lines' ? rows.map(lineRow) : rows.map(sampleRow);
  const known = got.map((row, i) =>
    asWritten(row, ordered ? wanted[i] : wanted.find((one) => sameSeries(one, row))),
  );
  expect(ordered ? known : known.toSorted()).toEqual(ordered ? wanted : wanted.toSorted());
}

/** The rows of the answer in a form of their own: labels sorted, one space between values. */
async function answer(engine: QueryEngine, { query: text, form }: Evaluation): Promise<string[]> {
  const query = parseExpr(text);
  if (query.kind === 'logQuery') {
    if (form.kind !== 'lines') throw new Error('a log query gives lines');
    const { resultJson } = await engine.logs(
      {
        query,
        startNs,
        endNs: startNs + dayNs,
        limit: form.limit,
        direction: form.direction,
        intervalNs: 0n,
        categorizeLabels: false,
      },
      testContext(),
    );
    return linesOf(JSON.parse(Buffer.from(resultJson).toString()) as AnsweredStream[], form.direction);
  }
  if (form.kind === 'lines') throw new Error('a metric query gives samples');
  const range =
    form.kind === 'range'
      ? { startNs: startNs + form.startNs, endNs: startNs + form.endNs, stepNs: form.stepNs }
      : { startNs: startNs + form.atNs, endNs: startNs + form.atNs, stepNs: 0n };
  const timesMs: number[] = [];
  for (let ns = range.startNs; ns <= range.endNs; ns += range.stepNs || 1n) timesMs.push(msOf(ns));
  return samplesOf(await engine.metrics({ query, ...range }, testContext()), timesMs);
}

interface AnsweredStream {
  readonly stream: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [ns: string, line: string])[];
}

function linesOf(streams: readonly AnsweredStream[], direction: 'forward' | 'backward'): string[] {
  const rows = streams.flatMap(({ stream, values }) =>
    values.map(([ns, line]) => ({ ns: BigInt(ns), text: `${labelText(Object.entries(stream))} ${line}` })),
  );
  const sign = direction === 'forward' ? 1 : -1;
  return rows
    .toSorted((a, b) => sign * Number(a.ns - b.ns))
    .map(({ ns, text }) => `${msOf(ns - startNs)}ms ${text}`.trimEnd());
}

function samplesOf(result: MetricResult, timesMs: readonly number[]): string[] {
  if (result.kind === 'scalar') return [`scalar ${formatGoFloat(result.value)}`];
  return result.series.map(({ labels, timesMs: own, values }) => {
    const samples = timesMs.map((ms) => {
      const at = own.indexOf(ms);
      return at < 0 ? '_' : formatGoFloat(values[at] ?? Number.NaN);
    });
    return [labelText(Object.entries(labelsToRecord(labels))), ...samples].join(' ');
  });
}

const labelText = (pairs: readonly (readonly [string, string])[]): string =>
  JSON.stringify(Object.fromEntries(pairs.toSorted(([a], [b]) => (a < b ? -1 : 1))));

/** `0s {app="web"} text` in the form of the answer. */
function lineRow(row: string): string {
  const [, time = '', labels = '', line = ''] = /^(\S+) (\{.*?\})(?: (.*))?$/.exec(row) ?? [];
  return `${msOf(timeOf(time))}ms ${labelText(labelsOf(labels))} ${line}`.trimEnd();
}

/** `{app="web"} 1 _ 2` or `scalar 1` in the form of the answer. */
function sampleRow(row: string): string {
  if (row.startsWith('scalar ')) return row;
  const end = row.lastIndexOf('}') + 1;
  return [labelText(labelsOf(row.slice(0, end))), ...row.slice(end).trim().split(/ +/)].join(' ');
}

const seriesOf = (row: string): string => row.slice(0, row.lastIndexOf('}') + 1);
const sameSeries = (a: string, b: string): boolean => seriesOf(a) === seriesOf(b);

/** The row with each value written as in `wanted` where it is the same but for rounding. */
function asWritten(row: string, wanted: string | undefined): string {
  if (wanted === undefined) return row;
  const words = wanted.split(' ');
  return row
    .split(' ')
    .map((word, i) => (isClose(word, words[i] ?? '') ? (words[i] ?? '') : word))
    .join(' ');
}

function isClose(a: string, b: string): boolean {
  const [x, y] = [parseGoFloat(a), parseGoFloat(b)];
  if (x === undefined || y === undefined) return false;
  return x === y || Math.abs(x - y) <= relativeDifferenceMax * Math.max(Math.abs(x), Math.abs(y));
}
