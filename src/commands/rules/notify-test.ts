// `skald rules notify-test`.
import { type CommandContext, CommandError, exitCodes } from '../cli/command.ts';
import { LokiClient } from '../client/loki-client.ts';
import { serverSettings } from '../client/server-flags.ts';

interface TestedReceiver {
  readonly receiver: string;
  readonly type: string;
  readonly taken: boolean;
  readonly reason: string;
}

/** Has the server send a message to one of its receivers, or to all. */
export async function notifyTest(context: CommandContext, receivers: readonly string[]): Promise<number> {
  const client = new LokiClient(serverSettings(context), context.signal);
  const [receiver] = receivers;
  const query = receiver === undefined ? '' : `?receiver=${encodeURIComponent(receiver)}`;
  const { status, text } = await client.post(`/api/rules/notify-test${query}`, {
    contentType: 'application/x-www-form-urlencoded',
    bytes: Buffer.alloc(0),
  });
  if (status !== 200) throw new CommandError(`${status} ${text.trim()}`);
  const { data } = JSON.parse(text) as { readonly data: { readonly receivers: readonly TestedReceiver[] } };
  for (const { receiver: name, type, taken, reason } of data.receivers)
    await context.out.write(`${name} (${type}): ${taken ? 'taken' : `FAILED: ${reason}`}\n`);
  return data.receivers.every(({ taken }) => taken) ? exitCodes.success : exitCodes.failure;
}
