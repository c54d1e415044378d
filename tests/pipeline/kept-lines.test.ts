// What a pipeline remembers of a line is its own: a text that was cut out of the line would keep all of it, in a thread
// that lives as long as the gateway.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { parseExpr } from '../../src/logql/parser.ts';
import { compileLogPipeline } from '../../src/pipeline/log-pipeline.ts';
import { compileSamplePipeline } from '../../src/pipeline/sample-pipeline.ts';
import { inputOf, leavesOf, testStream } from './query-parts.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const lines = 1000;
const filler = 'x'.repeat(20_000);
/** A tenth of the lines. */
const keptBytesMax = 2_000_000;

function heapBytes(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** Other names and values in each row: what one row has remembered is new to the next. */
const text = (row: string, i: number): string => `${row}_${String(i).padStart(20, '0')}`;
const logfmt = (row: string, i: number): string =>
  `${text(`name_${row}`, i)}=1 id=${text(row, i)} fill=${filler}`;
const json = (row: string, i: number): string =>
  JSON.stringify({ [text(`name_${row}`, i)]: '1', id: text(row, i), fill: filler });
const longName = (row: string, i: number): string => `${text(row, i)}_${filler}=1`;

it.each([
  ['names of logfmt', '{app="x"} | logfmt | drop app', logfmt],
  ['names of JSON', '{app="x"} | json | drop app', json],
  ['names as long as lines', '{app="x"} | logfmt | drop app', longName],
  ['a value matched by a pattern', '{app="x"} | logfmt id | id=~"a.*"', logfmt],
  ['a value compared as a number', '{app="x"} | logfmt id | id > 5', logfmt],
  ['a value that makes a series', 'sum by (id) (count_over_time({app="x"} | logfmt id [1m]))', logfmt],
])('%s', (row, query, lineOf) => {
  const expr = parseExpr(query);
  const [leaf] = leavesOf(expr);
  if (leaf === undefined) throw new Error('no leaf');
  const pipeline =
    leaf.kind === 'logQuery'
      ? compileLogPipeline(leaf.stages)
      : compileSamplePipeline(
          leaf,
          expr.kind === 'vectorAggregation' ? { outerGrouping: expr.grouping } : {},
        );
  // A builder of labels lives as long as a unit of the scan in a log query, as long as the query in a metric query.
  const whole = leaf.kind === 'logQuery' ? undefined : pipeline.forStream(testStream);
  const process = (from: number, to: number): void => {
    for (let i = from; i < to; i++) {
      const stream = whole ?? pipeline.forStream(testStream);
      stream.process(inputOf(Buffer.from(lineOf(row.replaceAll(' ', '_'), i))));
    }
  };
  // Code and tables that a pipeline makes once.
  process(0, 20);
  const before = heapBytes();
  process(20, 20 + lines);
  expect(heapBytes() - before).toBeLessThan(keptBytesMax);
  // Still in use, with all it remembers.
  process(0, 1);
});
