// `skald rules test`.
import { dirname, resolve } from 'node:path';
import { type Labels, labelsFromPairs } from '../../model/labels.ts';
import type { RuleGroup } from '../../ruler/rule-group.ts';
import { type CommandContext, exitCodes } from '../cli/command.ts';
import type { LokiClient } from '../client/loki-client.ts';
import { clientQueries } from './client-queries.ts';
import { GroupPlay } from './group-play.ts';
import { pushStreams } from './push-streams.ts';
import { ruleGroups, textOf } from './rule-file-text.ts';
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
