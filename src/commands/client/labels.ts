// `skald labels`: names of labels, or the values of one.
import { type Command, exitCodes } from '../cli/command.ts';
import { rangeFlags, rangeOf, rangeParameters } from '../cli/time-flags.ts';
import { LokiClient } from './loki-client.ts';
import { serverFlags, serverSettings } from './server-flags.ts';

export const labelsCommand: Command = {
  name: 'labels',
  summary: 'list the names of labels, or the values of one',
  usage: '[flags] [NAME]',
  flags: [
    { name: 'query', value: 'SELECTOR', summary: 'only of streams that match, as in {app="web"}' },
    ...rangeFlags,
    ...serverFlags,
  ],
  words: { min: 0, max: 1 },
  run: async (context) => {
    const { args, clock, out } = context;
    const [name] = args.words;
    const range = rangeOf(args, clock, '1h');
    const selector = args.text('query');
    const client = new LokiClient(serverSettings(context), context.signal);
    const { data } = (await client.get(
      name === undefined ? '/loki/api/v1/labels' : `/loki/api/v1/label/${encodeURIComponent(name)}/values`,
      [...rangeParameters(range), ...(selector === undefined ? [] : [['query', selector] as const])],
    )) as { readonly data?: readonly string[] };
    for (const text of data ?? []) await out.write(`${text}\n`);
    return exitCodes.success;
  },
};
