// Flags that say how entries look.

import { wholeNumber } from '../client/server-flags.ts';
import { type CommandContext, type Flag, UsageError } from './command.ts';
import { type EntryFormat, outputModes, timestampFormats } from './entry-format.ts';

const labelsLengthMax = 10_000;

export const formatFlags: readonly Flag[] = [
  {
    name: 'output',
    short: 'o',
    value: 'MODE',
    choices: outputModes,
    summary: 'time, labels and line; the line alone; or a JSON object a line',
  },
  { name: 'quiet', short: 'q', summary: 'no notes on standard error' },
  { name: 'no-labels', summary: 'leave out the labels' },
  { name: 'include-label', value: 'NAME', repeated: true, summary: 'show only this label' },
  { name: 'exclude-label', value: 'NAME', repeated: true, summary: 'leave out this label' },
  { name: 'include-common-labels', summary: 'show labels that all entries share in every line' },
  { name: 'labels-length', value: 'N', summary: 'pad the labels to this width' },
  {
    name: 'timezone',
    short: 'z',
    value: 'ZONE',
    choices: ['Local', 'UTC'],
    summary: 'zone of the times shown',
  },
  {
    name: 'output-timestamp-format',
    value: 'FORMAT',
    choices: timestampFormats,
    summary: 'how times are written; rfc3339milli when left out',
  },
  { name: 'colored-output', summary: 'colours by level also when the output is no terminal' },
];

/** Throws UsageError. */
export function entryFormat({ args, out, environment }: CommandContext): EntryFormat {
  const mode = outputModes.find((name) => name === args.text('output')) ?? 'default';
  const include = args.list('include-label');
  const exclude = args.list('exclude-label');
  if (include.length > 0 && exclude.length > 0)
    throw new UsageError('--include-label and --exclude-label exclude each other');
  return {
    mode,
    timestamps:
      timestampFormats.find((name) => name === args.text('output-timestamp-format')) ?? 'rfc3339milli',
    utc: args.text('timezone') === 'UTC',
    colours: args.on('colored-output') || (out.terminal && !environment.noColor),
    noLabels: args.on('no-labels'),
    includeLabels: include,
    excludeLabels: exclude,
    labelsLength: wholeNumber('labels-length', args.text('labels-length'), 0, labelsLengthMax),
  };
}
