// `skald volume` and `skald volume_range`: which streams, or values of labels, take how many bytes.
import { humanizeBytes } from '../../go/bytes.ts';
import { type Command, type CommandContext, exitCodes, type Flag } from '../cli/command.ts';
import { formatLabels } from '../cli/entry-format.ts';
import { textTable } from '../cli/text-table.ts';
import { rangeFlags, rangeOf, rangeParameters } from '../cli/time-flags.ts';
import type { LabelRecord } from './log-pages.ts';
import { LokiClient } from './loki-client.ts';
import { serverFlags, serverSettings, wholeNumber } from './server-flags.ts';

const limitDefault = 30;
const limitMax = 1_000_000;

const volumeFlags: readonly Flag[] = [
  { name: 'limit', value: 'N', summary: `so many of the largest; ${limitDefault} when left out` },
  {
    name: 'targetLabels',
    value: 'NAMES',
    summary: 'sum by these labels, separated by commas; those of the selector when left out',
  },
  { name: 'aggregateByLabels', summary: 'sum by the names of labels instead of series' },
];

export const volumeCommand: Command = {
  name: 'volume',
  summary: 'bytes of streams, the largest first',
  usage: "[flags] 'SELECTOR'",
  description: `
  skald volume --since 1d --targetLabels app '{app=~".+"}'`,
  flags: [
    { name: 'json', summary: 'as JSON, bytes as a number' },
    ...volumeFlags,
    ...rangeFlags,
    ...serverFlags,
  ],
  words: { min: 1, max: 1 },
  run: async (context) => {
    const result = (await volumes(context, '/loki/api/v1/index/volume')) as readonly {
      readonly metric: LabelRecord;
      readonly value: readonly [number, string];
    }[];
    const { args, out } = context;
    if (args.on('json')) await out.write(`${JSON.stringify(result, null, 2)}\n`);
    else
      for (const line of textTable(
        result.map(({ metric, value }) => [humanizeBytes(Number(value[1])), formatLabels(metric)]),
      ))
        await out.write(`${line}\n`);
    return exitCodes.success;
  },
};

export const volumeRangeCommand: Command = {
  name: 'volume_range',
  summary: 'the same by step, as JSON',
  usage: "[flags] 'SELECTOR'",
  flags: [
    ...volumeFlags,
    { name: 'step', value: 'DURATION', summary: 'the whole range when left out' },
    ...rangeFlags,
    ...serverFlags,
  ],
  words: { min: 1, max: 1 },
  run: async (context) => {
    const step = context.args.text('step');
    const result = (await volumes(
      context,
      '/loki/api/v1/index/volume_range',
      step === undefined ? [] : [['step', step]],
    )) as readonly { readonly metric: object; readonly values?: unknown; readonly value?: unknown }[];
    // The server leaves the list out where every series has one point.
    const rows = result.map(({ metric, values, value }) => ({ metric, values: values ?? [value] }));
    await context.out.write(`${JSON.stringify(rows, null, 2)}\n`);
    return exitCodes.success;
  },
};

async function volumes(
  context: CommandContext,
  path: string,
  more: readonly (readonly [string, string])[] = [],
): Promise<unknown> {
  const { args, clock } = context;
  const [query = ''] = args.words;
  const targetLabels = args.text('targetLabels');
  const client = new LokiClient(serverSettings(context), context.signal);
  const { data } = (await client.get(path, [
    ['query', query],
    ...rangeParameters(rangeOf(args, clock, '1h')),
    ['limit', String(wholeNumber('limit', args.text('limit'), limitDefault, limitMax))],
    ...(targetLabels === undefined ? [] : [['targetLabels', targetLabels] as const]),
    ...(args.on('aggregateByLabels') ? [['aggregateBy', 'labels'] as const] : []),
    ...more,
  ])) as { readonly data?: { readonly result?: unknown } };
  return data?.result ?? [];
}
