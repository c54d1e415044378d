// `skald stats`: how much data a selector takes.
import { humanizeBytes } from '../../go/bytes.ts';
import { type Command, exitCodes } from '../cli/command.ts';
import { rangeFlags, rangeOf, rangeParameters } from '../cli/time-flags.ts';
import { LokiClient } from './loki-client.ts';
import { serverFlags, serverSettings } from './server-flags.ts';

export const statsCommand: Command = {
  name: 'stats',
  summary: 'count streams, chunks, entries and bytes that a selector takes',
  usage: "[flags] 'SELECTOR'",
  flags: [{ name: 'json', summary: 'as JSON, bytes as a number' }, ...rangeFlags, ...serverFlags],
  words: { min: 1, max: 1 },
  run: async (context) => {
    const { args, clock, out } = context;
    const [query = ''] = args.words;
    const range = rangeOf(args, clock, '1h');
    const client = new LokiClient(serverSettings(context), context.signal);
    const stats = (await client.get('/loki/api/v1/index/stats', [
      ['query', query],
      ...rangeParameters(range),
    ])) as Readonly<Record<'streams' | 'chunks' | 'entries' | 'bytes', number | undefined>>;
    if (args.on('json')) {
      await out.write(`${JSON.stringify(stats)}\n`);
      return exitCodes.success;
    }
    for (const name of ['streams', 'chunks', 'entries', 'bytes'] as const) {
      const value = stats[name] ?? 0;
      await out.write(`${`${name}:`.padEnd(9)}${name === 'bytes' ? humanizeBytes(value) : value}\n`);
    }
    return exitCodes.success;
  },
};
