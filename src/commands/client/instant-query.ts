// `skald instant-query`: a metric query at one moment.
import { type Command, exitCodes } from '../cli/command.ts';
import { parseTime } from '../cli/time-flags.ts';
import { LokiClient } from './loki-client.ts';
import { serverFlags, serverSettings, wholeNumber } from './server-flags.ts';

const limitDefault = 30;
const limitMax = 1_000_000;

export const instantQueryCommand: Command = {
  name: 'instant-query',
  summary: 'run a metric query at one moment',
  usage: "[flags] 'LOGQL'",
  description: `
Prints the result as JSON.

  skald instant-query 'sum by (level) (count_over_time({app="web"}[1h]))'`,
  flags: [
    { name: 'now', value: 'TIME', summary: 'the moment, as for --from of skald query; now when left out' },
    { name: 'limit', value: 'N', summary: `limit to send; ${limitDefault} when left out` },
    { name: 'stats', summary: 'print statistics of the query to standard error' },
    ...serverFlags,
  ],
  words: { min: 1, max: 1 },
  run: async (context) => {
    const { args, clock, out, notes } = context;
    const [query = ''] = args.words;
    const nowNs = clock.nowNs();
    const client = new LokiClient(serverSettings(context), context.signal);
    const { data, warnings = [] } = (await client.get('/loki/api/v1/query', [
      ['query', query],
      ['time', String(parseTime('now', args.text('now') ?? 'now', nowNs))],
      ['limit', String(wholeNumber('limit', args.text('limit'), limitDefault, limitMax))],
    ])) as {
      readonly data?: { readonly result?: unknown; readonly stats?: unknown };
      readonly warnings?: readonly string[];
    };
    for (const warning of warnings) await notes.write(`warning: ${warning}\n`);
    if (args.on('stats')) await notes.write(`${JSON.stringify(data?.stats, null, 2)}\n`);
    await out.write(`${JSON.stringify(data?.result ?? [], null, 2)}\n`);
    return exitCodes.success;
  },
};
