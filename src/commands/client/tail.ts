// `skald tail`: `skald query --tail` for short.
import type { Command, Flag } from '../cli/command.ts';
import { entryFormat, formatFlags } from '../cli/format-flags.ts';
import { rangeFlags } from '../cli/time-flags.ts';
import { serverFlags, wholeNumber } from './server-flags.ts';
import { followTail, tailFlags, tailRequest } from './tail-follow.ts';

const limitDefault = 10;
const limitMax = 5000;

const flags: readonly Flag[] = [
  { name: 'limit', value: 'N', summary: `entries of history to begin with; ${limitDefault} when left out` },
  ...rangeFlags.filter(({ name }) => name !== 'to'),
  ...formatFlags,
  ...tailFlags,
  ...serverFlags,
];

export const tailCommand: Command = {
  name: 'tail',
  summary: 'print new log entries as they come',
  usage: "[flags] 'LOGQL'",
  description: `
Until interrupted. When the connection breaks it is opened again, and goes on after the last entry printed.

  skald tail '{app="web"} |= "error"'`,
  flags,
  words: { min: 1, max: 1 },
  run: (context) => {
    const [query = ''] = context.args.words;
    const limit = wholeNumber('limit', context.args.text('limit'), limitDefault, limitMax);
    return followTail(context, tailRequest(context, query, limit), entryFormat(context));
  },
};
