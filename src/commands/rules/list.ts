// `skald rules list`.
import { type CommandContext, exitCodes } from '../cli/command.ts';
import { textTable } from '../cli/text-table.ts';
import { LokiClient } from '../client/loki-client.ts';
import { serverSettings } from '../client/server-flags.ts';

interface ListedGroup {
  readonly name: string;
  readonly file: string;
  readonly rules: readonly {
    readonly name: string;
    readonly type: string;
    readonly state?: string;
    readonly health: string;
    readonly lastError?: string;
    readonly alerts?: readonly unknown[];
  }[];
}

export async function listRules(context: CommandContext): Promise<number> {
  const { args, out } = context;
  const client = new LokiClient(serverSettings(context), context.signal);
  const answer = (await client.get('/prometheus/api/v1/rules')) as {
    readonly data: { readonly groups: readonly ListedGroup[] };
  };
  if (args.on('json')) {
    await out.write(`${JSON.stringify(answer.data)}\n`);
    return exitCodes.success;
  }
  const rows = answer.data.groups.flatMap(({ file, name, rules }) =>
    rules.map((rule) => [
      file,
      name,
      rule.name,
      rule.state ?? rule.type,
      String(rule.alerts?.length ?? ''),
      [rule.health, rule.lastError ?? ''].filter((text) => text !== '').join(': '),
    ]),
  );
  const lines = textTable([['namespace', 'group', 'rule', 'state', 'alerts', 'health'], ...rows]);
  await out.write(`${lines.join('\n')}\n`);
  return exitCodes.success;
}
