// Answers recorded query requests with an engine, as HTTP would, and compares.

import type { MetricResult, QueryContext, QueryService } from '../../src/engine/run/query-service.ts';
import { formatGoFloat } from '../../src/go/number.ts';
import { directionParameter, limitParameter } from '../../src/http/parameters/parameters.ts';
import {
  instantTime,
  intervalParameter,
  queryBounds,
  stepParameter,
} from '../../src/http/parameters/time-parameters.ts';
import { HttpError } from '../../src/http/server/http-error.ts';
import { ParseError } from '../../src/logql/parse-error.ts';
import { parseExpr } from '../../src/logql/parser.ts';
import { labelsToRecord } from '../../src/model/labels.ts';
import { QueryEvaluationError, QueryLimitError } from '../../src/scan/query-errors.ts';
import { readAnswer } from '../conformance/answer.ts';
import type { Step } from '../conformance/cases.ts';
import { compareAnswers, optionsOf } from '../conformance/compare.ts';
import type { HttpAnswer } from '../conformance/request.ts';

export const testContext = (changes: Partial<QueryContext['limits']> = {}): QueryContext => ({
  tenant: 'fake',
  limits: {
    timeoutMs: 30_000,
    scanBytesMax: 0,
    seriesMax: 5000,
    memoryBytesMax: 256 * 1024 * 1024,
    ...changes,
  },
  signal: new AbortController().signal,
  partialOnSeriesLimit: false,
});

/** The first difference, or undefined. */
export async function differenceOf(engine: QueryService, step: Step): Promise<string | undefined> {
  const options = optionsOf(step);
  const http = await answer(engine, step);
  return compareAnswers(step.kind, step.want, readAnswer(step.kind, http, options), options);
}

const nowNs = 1_768_480_000_000_000_000n;

async function answer(engine: QueryService, step: Step): Promise<HttpAnswer> {
  try {
    const data = await dataOf(engine, step);
    return { status: 200, text: `{"status":"success","data":${data}}` } as HttpAnswer;
  } catch (error) {
    if (error instanceof HttpError) return { status: error.status, text: error.message } as HttpAnswer;
    const known =
      error instanceof ParseError ||
      error instanceof QueryEvaluationError ||
      error instanceof QueryLimitError;
    if (known) return { status: 400, text: error.message } as HttpAnswer;
    throw error;
  }
}

async function dataOf(engine: QueryService, { req }: Step): Promise<string> {
  const given = Object.entries(req.params ?? req.form ?? {});
  const parameters = new Map(
    given.map(([key, value]) => [key, Array.isArray(value) ? value.map(String) : [String(value)]]),
  );
  const query = parseExpr(parameters.get('query')?.[0] ?? '');
  const instant = req.path.endsWith('/query');
  if (instant && query.kind === 'logQuery') throw new HttpError(400, 'log queries are not supported here');
  if (instant && query.kind !== 'logQuery') {
    const time = instantTime(parameters, nowNs);
    return metricData(await engine.metrics({ query, startNs: time, endNs: time, stepNs: 0n }, testContext()));
  }
  const range = queryBounds(parameters, nowNs);
  const stepNs = stepParameter(parameters, range);
  if (query.kind !== 'logQuery') {
    return metricData(await engine.metrics({ query, ...range, stepNs }, testContext()));
  }
  const categorizeLabels = JSON.stringify(req.headers ?? {}).includes('categorize-labels');
  const result = await engine.logs(
    {
      query,
      ...range,
      limit: limitParameter(parameters, 'limit', 100),
      direction: directionParameter(parameters),
      intervalNs: intervalParameter(parameters),
      categorizeLabels,
    },
    testContext(),
  );
  const flags = categorizeLabels ? '"encodingFlags":["categorize-labels"],' : '';
  return `{"resultType":"streams",${flags}"result":${Buffer.from(result.resultJson).toString()}}`;
}

function metricData(result: MetricResult): string {
  const sample = (ms: number, value: number): [number, string] => [ms / 1000, formatGoFloat(value)];
  if (result.kind === 'scalar') {
    return JSON.stringify({ resultType: 'scalar', result: sample(result.timeMs, result.value) });
  }
  return JSON.stringify({
    resultType: result.kind,
    result: result.series.map(({ labels, timesMs, values }) => {
      const samples = Array.from(values, (value, i) => sample(timesMs[i] as number, value));
      const metric = labelsToRecord(labels);
      return result.kind === 'vector' ? { metric, value: samples[0] } : { metric, values: samples };
    }),
  });
}
