// `skald query`: logs page by page, metrics as JSON, or new lines as they come.
import { type Command, type CommandContext, exitCodes, type Flag, UsageError } from '../cli/command.ts';
import { commonLabels, type EntryFormat, formatEntry, formatLabels } from '../cli/entry-format.ts';
import { entryFormat, formatFlags } from '../cli/format-flags.ts';
import { rangeFlags, rangeOf } from '../cli/time-flags.ts';
import { type ContextEntry, withContext } from './entry-context.ts';
import { type LabelRecord, queryPages } from './log-pages.ts';
import { LokiClient } from './loki-client.ts';
import { serverFlags, serverSettings, wholeNumber } from './server-flags.ts';
import { followTail, tailFlags, tailRequest } from './tail-follow.ts';

const limitDefault = 30;
const batchDefault = 5000;
const batchMax = 1_000_000;
const contextMax = 1000;
const sinceDefault = '1h';

const flags: readonly Flag[] = [
  { name: 'limit', value: 'N', summary: `entries to print; ${limitDefault} when left out, 0 for all` },
  ...rangeFlags,
  { name: 'step', value: 'DURATION', summary: 'resolution of a metric query' },
  { name: 'interval', value: 'DURATION', summary: 'at most one entry of a log query in so much time' },
  {
    name: 'batch',
    value: 'N',
    summary: `entries of one request; ${batchDefault} when left out, the most that servers allow by default`,
  },
  { name: 'forward', summary: 'oldest first' },
  {
    name: 'context',
    short: 'C',
    value: 'N',
    summary: 'with each entry so many of its stream before and after it, oldest first',
  },
  ...formatFlags,
  { name: 'stats', summary: 'print statistics of the query to standard error' },
  { name: 'tail', short: 't', summary: 'print new entries as they come, until interrupted' },
  { name: 'follow', short: 'f', summary: 'the same as --tail' },
  ...tailFlags,
  ...serverFlags,
];

export const queryCommand: Command = {
  name: 'query',
  summary: 'run a LogQL query against this or any Loki-compatible server',
  usage: "[flags] 'LOGQL'",
  description: `
Prints log entries, newest first, or the result of a metric query as JSON. Flags are those of logcli where there are
such. A query that starts with a dash stands behind --.

  skald query --since 2h '{app="web"} |= "error"'
  skald query --limit 0 --forward -o raw '{app="web"}' > web.log
  skald query -C 5 '{app="web"} |= "panic"'
  skald query -f '{app="web"} | json | status >= 500'`,
  flags,
  words: { min: 1, max: 1 },
  run: runQuery,
};

async function runQuery(context: CommandContext): Promise<number> {
  const { args } = context;
  const [query = ''] = args.words;
  const format = entryFormat(context);
  if (args.on('tail') || args.on('follow')) {
    if (args.text('to') !== undefined) throw new UsageError('--tail has no end: leave out --to');
    if (args.text('context') !== undefined)
      throw new UsageError('--tail has nothing after an entry yet: leave out --context');
    const limit = wholeNumber('limit', args.text('limit'), limitDefault, batchMax);
    return followTail(context, tailRequest(context, query, limit), format);
  }
  const limit = wholeNumber('limit', args.text('limit'), limitDefault, Number.MAX_SAFE_INTEGER);
  const around = wholeNumber('context', args.text('context'), 0, contextMax);
  const parameters = ['step', 'interval'].flatMap((name) => {
    const value = args.text(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const client = new LokiClient(serverSettings(context), context.signal);
  const range = rangeOf(args, context.clock, sinceDefault);
  const pages = queryPages(client, {
    ...range,
    query,
    direction: args.on('forward') ? 'forward' : 'backward',
    limit: limit === 0 ? Number.POSITIVE_INFINITY : limit,
    batch: Math.max(1, wholeNumber('batch', args.text('batch'), batchDefault, batchMax)),
    parameters,
    categorize: around > 0,
  });
  let common: LabelRecord | undefined;
  let isEmpty = true;
  for await (const { entries, metric, warnings, stats } of pages) {
    for (const warning of warnings) await context.notes.write(`warning: ${warning}\n`);
    if (args.on('stats')) await context.notes.write(`${JSON.stringify(stats, null, 2)}\n`);
    if (metric !== undefined) {
      isEmpty = false;
      await context.out.write(`${JSON.stringify(metric.result, null, 2)}\n`);
      break;
    }
    isEmpty &&= entries.length === 0;
    common ??= await tellCommonLabels(context, format, commonLabels(entries));
    if (around > 0) await printWithContext(context, withContext(client, entries, around), format, common);
    else for (const entry of entries) await context.out.write(formatEntry(entry, format, common));
    await context.out.end();
  }
  if (isEmpty && !args.on('quiet')) {
    const { whyEmpty } = await import('./why-empty.ts');
    await context.notes.write(`${await whyEmpty(client, { ...range, query, utc: format.utc })}\n`);
  }
  return exitCodes.success;
}

/** Stretches are parted by a line of dashes, entries that were found marked, where people read them. */
async function printWithContext(
  { out }: CommandContext,
  stretches: AsyncIterable<readonly ContextEntry[]>,
  format: EntryFormat,
  common: LabelRecord,
): Promise<void> {
  const isForPeople = format.mode === 'default';
  let isFirst = true;
  for await (const stretch of stretches) {
    if (isForPeople && !isFirst) await out.write('--\n');
    isFirst = false;
    for (const { entry, isFound } of stretch) {
      const mark = isForPeople ? (isFound ? '> ' : '  ') : '';
      await out.write(mark + formatEntry(entry, format, common));
    }
  }
}

/** What is true for all entries is said once, on standard error, and left out of the lines. */
async function tellCommonLabels(
  { args, notes }: CommandContext,
  format: EntryFormat,
  common: LabelRecord,
): Promise<LabelRecord> {
  if (format.mode !== 'default' || format.noLabels || args.on('include-common-labels')) return {};
  if (!args.on('quiet') && Object.keys(common).length > 0)
    await notes.write(`Common labels: ${formatLabels(common)}\n`);
  return common;
}
