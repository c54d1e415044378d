// `skald series`: the label sets of streams.
import { type Command, exitCodes } from '../cli/command.ts';
import { formatLabels } from '../cli/entry-format.ts';
import { textTable } from '../cli/text-table.ts';
import { rangeFlags, rangeOf, rangeParameters } from '../cli/time-flags.ts';
import type { LabelRecord } from './log-pages.ts';
import { LokiClient } from './loki-client.ts';
import { serverFlags, serverSettings } from './server-flags.ts';

export const seriesCommand: Command = {
  name: 'series',
  summary: 'list streams by their labels',
  usage: '[flags] [SELECTOR…]',
  description: `
All streams when there is no selector. --analyze-labels shows which label makes many streams.`,
  flags: [
    { name: 'analyze-labels', summary: 'count values and streams of each label instead' },
    ...rangeFlags,
    ...serverFlags,
  ],
  words: { min: 0, max: 100 },
  run: async (context) => {
    const { args, clock, out } = context;
    const range = rangeOf(args, clock, '1h');
    const client = new LokiClient(serverSettings(context), context.signal);
    const selectors = args.words.length === 0 ? ['{}'] : args.words;
    const { data = [] } = (await client.get('/loki/api/v1/series', [
      ...rangeParameters(range),
      ...selectors.map((selector) => ['match', selector] as const),
    ])) as { readonly data?: readonly LabelRecord[] };
    const lines = args.on('analyze-labels') ? analysis(data) : data.map(formatLabels).sort();
    for (const line of lines) await out.write(`${line}\n`);
    return exitCodes.success;
  },
};

/** A table: label, number of its values, number of streams that have it; most values first. */
function analysis(streams: readonly LabelRecord[]): readonly string[] {
  const labels = new Map<string, { readonly values: Set<string>; streams: number }>();
  for (const stream of streams)
    for (const [name, value] of Object.entries(stream)) {
      const label = labels.get(name) ?? { values: new Set(), streams: 0 };
      labels.set(name, label);
      label.values.add(value);
      label.streams++;
    }
  const rows = [...labels]
    .sort(([a, one], [b, other]) => other.values.size - one.values.size || (a < b ? -1 : 1))
    .map(([name, { values, streams: count }]) => [name, String(values.size), String(count)] as const);
  const heading = ['label', 'values', 'streams'] as const;
  return [`${streams.length} streams`, ...textTable([heading, ...rows])];
}
