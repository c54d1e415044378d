// The lines of a test, sent to its gateway.
import { nsPerMs } from '../../model/time.ts';
import { CommandError } from '../cli/command.ts';
import type { LokiClient } from '../client/loki-client.ts';
import type { RuleTest } from './test-file.ts';

const linesPerPush = 10_000;

/** Lines after `lastMs` are of no use to anybody. */
export async function pushStreams(
  client: LokiClient,
  { input_streams, interval }: RuleTest,
  { startMs, lastMs }: { readonly startMs: number; readonly lastMs: number },
): Promise<void> {
  for (const { labels, lines } of input_streams) {
    let values: [string, string][] = [];
    const send = async (): Promise<void> => {
      if (values.length > 0) await push(client, labels, values);
      values = [];
    };
    // Plain lines come one an interval.
    for (const [index, { line, from = index * interval, every, count }] of lines.entries())
      for (let k = 0; k < count && from + k * every <= lastMs; k++) {
        values.push([String(BigInt(startMs + from + k * every) * nsPerMs + BigInt(index)), line]);
        if (values.length >= linesPerPush) await send();
      }
    await send();
  }
}

async function push(
  client: LokiClient,
  stream: Readonly<Record<string, string>>,
  values: readonly [string, string][],
): Promise<void> {
  const bytes = Buffer.from(JSON.stringify({ streams: [{ stream, values }] }));
  const { status, text } = await client.post('/loki/api/v1/push', { contentType: 'application/json', bytes });
  if (status !== 204) throw new CommandError(`the lines of a test are refused: ${status} ${text.trim()}`);
}
