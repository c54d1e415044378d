// What rules ask, asked of a server.
import { parseExpr } from '../../logql/parser.ts';
import { printExpr } from '../../logql/print.ts';
import { labelsFromPairs } from '../../model/labels.ts';
import { absentQuestion, absentSamples } from '../../ruler/absent-by.ts';
import type { RuleQueries } from '../../ruler/evaluate-rule.ts';
import type { QueriedSample } from '../../ruler/template-functions.ts';
import type { LokiClient } from '../client/loki-client.ts';

export function clientQueries(client: LokiClient): RuleQueries {
  const query = async (expr: string, timeMs: number): Promise<readonly QueriedSample[]> => {
    const { data } = (await client.get('/loki/api/v1/query', [
      ['query', expr],
      ['time', nsText(timeMs)],
    ])) as { readonly data: VectorData };
    return samplesOf(data);
  };
  const absent = async (
    expr: string,
    by: readonly string[],
    timeMs: number,
  ): Promise<readonly QueriedSample[]> => {
    const { selector, fromMs, toMs, present } = absentQuestion(parseExpr(expr), by, timeMs);
    const { data } = (await client.get('/loki/api/v1/series', [
      ['match[]', printExpr(selector)],
      ['start', nsText(fromMs)],
      ['end', nsText(toMs)],
    ])) as { readonly data: readonly Readonly<Record<string, string>>[] };
    const known = data.map((labels) => labelsFromPairs(Object.entries(labels)));
    const here = await query(printExpr(present), timeMs);
    return absentSamples(
      known,
      here.map(({ labels }) => labels),
      by,
    );
  };
  return {
    instant: async ({ expr, absentBy, timeMs }) => ({
      samples: await (absentBy.length > 0 ? absent(expr, absentBy, timeMs) : query(expr, timeMs)),
      // The command line shows what is found, not what it costs.
      cost: { linesRead: 0, bytesRead: 0 },
    }),
    // Nor what an alert is about.
    lines: async () => Buffer.from('[]'),
  };
}

const nsText = (ms: number): string => `${ms}000000`;

function samplesOf(data: VectorData): readonly QueriedSample[] {
  if (data.resultType === 'scalar') return [{ labels: [], value: numberOf(data.result[1]) }];
  return data.result.map(({ metric, value }) => ({
    labels: labelsFromPairs(Object.entries(metric)),
    value: numberOf(value[1]),
  }));
}

type VectorData =
  | { readonly resultType: 'scalar'; readonly result: readonly [number, string] }
  | {
      readonly resultType: 'vector';
      readonly result: readonly {
        readonly metric: Readonly<Record<string, string>>;
        readonly value: readonly [number, string];
      }[];
    };

const numberOf = (text: string): number =>
  Number(text === '+Inf' ? 'Infinity' : text === '-Inf' ? '-Infinity' : text);
