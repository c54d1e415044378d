// `skald rules history`.
import { type CommandContext, exitCodes } from '../cli/command.ts';
import { textTable } from '../cli/text-table.ts';
import { LokiClient } from '../client/loki-client.ts';
import { serverSettings } from '../client/server-flags.ts';

interface ListedTransition {
  readonly time: string;
  readonly namespace: string;
  readonly group: string;
  readonly rule: string;
  readonly to: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: string;
}

const transitionsShown = '1000';

/** What the alerts of one rule, or of all, became; the newest first. */
export async function rulesHistory(context: CommandContext, rules: readonly string[]): Promise<number> {
  const { args, out } = context;
  const client = new LokiClient(serverSettings(context), context.signal);
  const [rule] = rules;
  const answer = (await client.get('/api/rules/history', [
    ['limit', transitionsShown],
    ...(rule === undefined ? [] : ([['rule', rule]] as const)),
  ])) as { readonly data: { readonly transitions: readonly ListedTransition[] } };
  if (args.on('json')) {
    await out.write(`${JSON.stringify(answer.data)}\n`);
    return exitCodes.success;
  }
  const rows = answer.data.transitions.map(({ time, rule: name, to, labels, value }) => [
    time,
    name,
    to,
    value,
    Object.entries(labels)
      .filter(([label]) => label !== 'alertname')
      .map(([label, text]) => `${label}=${text}`)
      .join(' '),
  ]);
  const lines = textTable([['time', 'rule', 'became', 'value', 'labels'], ...rows]);
  await out.write(`${lines.join('\n')}\n`);
  return exitCodes.success;
}
