// `skald rules backfill`: what recording rules would have recorded, as OpenMetrics text.
import { formatGoFloat } from '../../go/number.ts';
import type { Labels } from '../../model/labels.ts';
import { nsPerMs } from '../../model/time.ts';
import { evaluateRule, type RuleQueries } from '../../ruler/evaluate-rule.ts';
import type { RuleGroup } from '../../ruler/rule-group.ts';
import { type RuleRecord, ruleRecords } from '../../ruler/rule-record.ts';
import { rulerDefaults } from '../../ruler/settings.ts';
import type { RecordedSample } from '../../ruler/step.ts';
import { type CommandContext, exitCodes } from '../cli/command.ts';
import { rangeOf } from '../cli/time-flags.ts';
import { LokiClient } from '../client/loki-client.ts';
import { serverSettings } from '../client/server-flags.ts';
import { clientQueries } from './client-queries.ts';
import { ruleGroups } from './rule-file-text.ts';

const sinceDefault = '1h';

interface RecordingRuleOf {
  readonly group: RuleGroup;
  readonly record: RuleRecord;
}

/**
 * Evaluates at whole multiples of each group's interval within the range. Ends with 1 when a rule could not be evaluated at
 * some time, which is told and left out.
 */
export async function backfillRules(context: CommandContext, files: readonly string[]): Promise<number> {
  const { args, out, notes, clock, signal } = context;
  const { startNs, endNs } = rangeOf(args, clock, sinceDefault);
  const client = new LokiClient(serverSettings(context), signal);
  const queries = clientQueries(client);
  const faults = new Set<string>();
  for (const [name, rules] of recordingRules(files.flatMap(ruleGroups))) {
    await out.write(`# TYPE ${name} unknown\n`);
    for (const rule of rules) {
      const intervalMs = rule.group.intervalMs || rulerDefaults.evaluationIntervalMs;
      const firstMs = Math.ceil(Number(startNs / nsPerMs) / intervalMs) * intervalMs;
      for (let timeMs = firstMs; timeMs < Number(endNs / nsPerMs); timeMs += intervalMs)
        try {
          for (const sample of await samplesAt(rule, queries, timeMs, signal))
            await out.write(sampleLine(name, sample));
        } catch (error) {
          signal.throwIfAborted();
          faults.add(`${rule.group.name}: ${name}: ${(error as Error).message}`);
        }
    }
  }
  await out.write('# EOF\n');
  for (const fault of faults) await notes.write(`${fault}\n`);
  return faults.size === 0 ? exitCodes.success : exitCodes.failure;
}

/** By the name of their series, of which all samples stand together. */
function recordingRules(groups: readonly RuleGroup[]): ReadonlyMap<string, readonly RecordingRuleOf[]> {
  const environment = { externalUrl: '', externalLabels: [], query: async () => [] };
  const rules = new Map<string, RecordingRuleOf[]>();
  for (const group of groups)
    for (const record of ruleRecords(group, environment, () => undefined)) {
      if (record.rule.kind !== 'recording') continue;
      const { name } = record.rule;
      rules.set(name, [...(rules.get(name) ?? []), { group, record }]);
    }
  return rules;
}

async function samplesAt(
  { group, record }: RecordingRuleOf,
  queries: RuleQueries,
  timeMs: number,
  signal: AbortSignal,
): Promise<readonly RecordedSample[]> {
  const settings = {
    tenant: '',
    timeMs,
    queryOffsetMs: group.queryOffsetMs ?? 0,
    timeoutMs: 0,
    resendDelayMs: 0,
    redact: [],
  };
  const { samples } = await evaluateRule(group, record, queries, settings, signal);
  return samples;
}

function sampleLine(name: string, { labels, timeMs, value }: RecordedSample): string {
  if (value === undefined) return '';
  return `${name}${labelText(labels)} ${formatGoFloat(value)} ${timeMs / 1000}\n`;
}

function labelText(labels: Labels): string {
  const shown = labels.filter(([name]) => name !== '__name__');
  if (shown.length === 0) return '';
  return `{${shown.map(([name, value]) => `${name}="${escaped(value)}"`).join(',')}}`;
}

const escaped = (value: string): string =>
  value.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`));
