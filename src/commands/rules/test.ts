// `skald rules test`.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseExpr } from '../../logql/parser.ts';
import { printExpr } from '../../logql/print.ts';
import { type Labels, labelsFromPairs } from '../../model/labels.ts';
import { absentQuestion, absentSamples } from '../../ruler/absent-by.ts';
import type { RuleQueries } from '../../ruler/evaluate-rule.ts';
import { RuleGroupError, readRuleFile } from '../../ruler/read-group.ts';
import type { RuleGroup } from '../../ruler/rule-group.ts';
import type { QueriedSample } from '../../ruler/template-functions.ts';
import { type CommandContext, CommandError, exitCodes } from '../cli/command.ts';
import type { LokiClient } from '../client/loki-client.ts';
import { GroupPlay } from './group-play.ts';
import { pushStreams } from './push-streams.ts';
import { startScratchGateway } from './scratch-gateway.ts';
import { type RuleTest, type RuleTestFile, readTestFile } from './test-file.ts';

export async function testRules(context: CommandContext, files: readonly string[]): Promise<number> {
  const { out, signal } = context;
  const read = files.map((file) => ({
    file,
    tests: readTestFile(file, textOf(file)),
    groups: [] as RuleGroup[],
  }));
  for (const { file, tests, groups } of read)
    for (const name of tests.rule_files) groups.push(...ruleGroups(resolve(dirname(file), name)));
  const gateway = await startScratchGateway(process.argv[1] ?? '', signal);
  let isGood = true;
  try {
    for (const [fileIndex, { file, tests, groups }] of read.entries())
      for (const [index, test] of tests.tests.entries()) {
        const name = test.name === '' ? `test ${index + 1}` : test.name;
        const faults = await runTest(
          tests,
          test,
          groups,
          gateway.client(`file${fileIndex}-test${index}`),
          context,
        );
        isGood &&= faults.length === 0;
        await out.write(`${file}: ${name}: ${faults.length === 0 ? 'passed' : 'FAILED'}\n`);
        for (const fault of faults) await out.write(`  ${fault}\n`);
      }
  } finally {
    await gateway.close();
  }
  return isGood ? exitCodes.success : exitCodes.failure;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError((error as Error).message, { cause: error });
  }
}

function ruleGroups(file: string): readonly RuleGroup[] {
  try {
    return readRuleFile(textOf(file));
  } catch (error) {
    if (error instanceof RuleGroupError)
      throw new CommandError(`${file}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** What is not as expected. */
async function runTest(
  { evaluation_interval: evaluationMs }: RuleTestFile,
  test: RuleTest,
  groups: readonly RuleGroup[],
  client: LokiClient,
  { clock, signal }: CommandContext,
): Promise<readonly string[]> {
  const times = [...test.alert_rule_test, ...test.logql_expr_test].map((one) => one.eval_time);
  const lastMs = Math.max(0, ...times);
  // Time 0 of the test: a whole minute, and all of the test is past.
  const startMs = Math.floor((Number(clock.nowNs() / 1_000_000n) - lastMs) / 60_000) * 60_000;
  await pushStreams(client, test, { startMs, lastMs });
  const queries = clientQueries(client);
  const faults: string[] = [];
  const states = groups.map((group) => new GroupPlay(group, evaluationMs, queries, { startMs, signal }));
  const inOrder = [...test.alert_rule_test].sort((a, b) => a.eval_time - b.eval_time);
  for (const expected of inOrder) {
    for (const state of states) await state.playUntil(expected.eval_time);
    const firing = states.flatMap((state) => state.firing(expected.alertname));
    const wanted = expected.exp_alerts.map(({ exp_labels, exp_annotations }) => ({
      labels: labelsFromPairs(Object.entries({ ...exp_labels, alertname: expected.alertname })),
      annotations: exp_annotations && labelsFromPairs(Object.entries(exp_annotations)),
    }));
    const withAnnotations = wanted.every(({ annotations }) => annotations !== undefined);
    faults.push(
      ...difference(
        `alert ${expected.alertname} at ${expected.eval_time / 1000}s`,
        wanted.map(({ labels, annotations }) => shown(labels, withAnnotations ? annotations : undefined)),
        firing.map(({ labels, annotations }) => shown(labels, withAnnotations ? annotations : undefined)),
      ),
    );
  }
  for (const { expr, eval_time: at, exp_samples: samples } of test.logql_expr_test) {
    const request = { tenant: '', expr, absentBy: [], timeMs: startMs + at, timeoutMs: 0 };
    const { samples: found } = await queries.instant(request, signal);
    const wanted = samples.map(
      ({ labels, value }) => `${labelText(labelsFromPairs(Object.entries(labels)))} ${value}`,
    );
    const got = found.map(({ labels, value }) => `${labelText(labels)} ${value}`);
    faults.push(...difference(`${expr} at ${at / 1000}s`, wanted, got));
  }
  return [...faults, ...states.flatMap(({ errors }) => [...errors])];
}

function clientQueries(client: LokiClient): RuleQueries {
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
      // Tests are about what is found, not what it costs.
      cost: { linesRead: 0, bytesRead: 0 },
    }),
    // What an alert is about is no part of what is expected of it.
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

const labelText = (labels: Labels): string =>
  `{${labels.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`;

const shown = (labels: Labels, annotations: Labels | undefined): string =>
  annotations === undefined ? labelText(labels) : `${labelText(labels)} ${labelText(annotations)}`;

/** Nothing when both have the same, in any order. */
function difference(what: string, wanted: readonly string[], got: readonly string[]): readonly string[] {
  const [sortedWanted, sortedGot] = [[...wanted].sort(), [...got].sort()];
  if (JSON.stringify(sortedWanted) === JSON.stringify(sortedGot)) return [];
  const list = (all: readonly string[]): string => (all.length === 0 ? 'nothing' : all.join('; '));
  return [`${what}: expected ${list(sortedWanted)}, got ${list(sortedGot)}`];
}
