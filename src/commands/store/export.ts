// `skald export`: entries as text, from the store's file or from a server.
import { isUtf8 } from 'node:buffer';
import { singleTenant } from '../../http/auth/tenant.ts';
import { ParseError } from '../../logql/parse-error.ts';
import { parseSelector } from '../../logql/parser.ts';
import { levelName, levelNone } from '../../model/entry.ts';
import { type Labels, labelsFromPairs, labelsToRecord } from '../../model/labels.ts';
import { int64Max, int64Min, type TimeRange } from '../../model/time.ts';
import { exportEntries, storedTenants } from '../../sqlite/main/export.ts';
import { storePath } from '../../sqlite/main/settings.ts';
import { type Command, type CommandContext, CommandError, exitCodes, UsageError } from '../cli/command.ts';
import { createProgress } from '../cli/progress.ts';
import { rangeFlags, rangeOf } from '../cli/time-flags.ts';
import { type LabelRecord, queryPages } from '../client/log-pages.ts';
import { LokiClient } from '../client/loki-client.ts';
import { serverFlags, serverSettings, wholeNumber } from '../client/server-flags.ts';
import { encodeEntries, exportFormats, type TransferEntry } from './transfer-entry.ts';

const batchDefault = 5000;
const batchMax = 1_000_000;
/** Servers bound the length of a query; most answer a day. */
const windowNs = 24n * 3_600_000_000_000n;
/** Any stream of a server that adds service_name, as Loki 3 does. */
const allStreams = '{service_name=~".+"}';

export const exportCommand: Command = {
  name: 'export',
  summary: 'write entries as text, from the store or from a Loki-compatible server',
  usage: '[flags] [SELECTOR] > FILE',
  description: `
Without --addr: from the store in the data directory, also beside a running gateway; everything when neither a
selector nor a range is given. Entries of a stream come in order of time, streams in turns.
With --addr: from that server, oldest first; --since or --from is needed, and any log query may stand for the selector.

ndjson  {"timestamp":"1795491859000000000","labels":{…},"line":"…","structuredMetadata":{…}}, one a line;
        a line that is no UTF-8 stands as lineBase64
push    bodies for /loki/api/v1/push, one a line

skald import reads both back.`,
  flags: [
    {
      name: 'format',
      value: 'FORMAT',
      choices: exportFormats,
      summary: 'ndjson when left out',
    },
    ...rangeFlags,
    { name: 'batch', value: 'N', summary: `with --addr: entries of one request; ${batchDefault}` },
    { name: 'quiet', short: 'q', summary: 'no notes on standard error' },
    ...serverFlags,
  ],
  configured: true,
  words: { min: 0, max: 1 },
  run: async (context) => {
    const { args, notes, out, signal } = context;
    const format = exportFormats.find((name) => name === args.text('format')) ?? 'ndjson';
    const progress = createProgress(notes, { label: 'exporting', unit: 'entries' });
    let count = 0;
    const source = args.text('addr') === undefined ? fromStore(context) : fromServer(context);
    const counted = async function* (): AsyncGenerator<TransferEntry> {
      for await (const entry of source) {
        if (signal.aborted) throw new CommandError(`interrupted after ${count} entries`);
        count++;
        if (count % progressEntries === 0) await progress.update(count, undefined);
        yield entry;
      }
    };
    for await (const text of encodeEntries(counted(), format)) await out.write(text);
    await out.end();
    await progress.end();
    if (!args.on('quiet')) await notes.write(`${count} entries exported\n`);
    return exitCodes.success;
  },
};

const progressEntries = 256;

async function* fromStore(context: CommandContext): AsyncGenerator<TransferEntry> {
  const { args, clock, environment, config } = context;
  const path = storePath((await config()).dataDir);
  const asked = args.text('org-id') ?? environment.orgId;
  const tenant = asked ?? singleTenant;
  const tenants = storedTenants(path);
  if (tenants.length > 0 && !tenants.includes(tenant))
    throw new CommandError(
      `${path} has nothing of the tenant "${tenant}"; it has ${tenants.join(', ')}: give --org-id`,
    );
  const whole = ['since', 'from', 'to'].every((name) => args.text(name) === undefined);
  const range: TimeRange = whole
    ? { startNs: int64Min, endNs: int64Max }
    : args.text('since') === undefined && args.text('from') === undefined
      ? { ...rangeOf(args, clock, '1h'), startNs: int64Min }
      : rangeOf(args, clock, '1h');
  const selector = { tenant, matchers: selectorOf(args.words[0]) };
  // The same labels come many times over.
  let labels: Labels | undefined;
  let record: LabelRecord = {};
  for await (const entry of exportEntries(path, selector, range)) {
    if (entry.labels !== labels) {
      labels = entry.labels;
      record = labelsToRecord(labels);
    }
    const { timestampNs, line, structuredMetadata, level } = entry;
    yield {
      timestampNs,
      labels: record,
      line: isUtf8(line) ? line.toString('utf8') : line,
      structuredMetadata: labelsToRecord(
        level === levelNone
          ? structuredMetadata
          : labelsFromPairs([...structuredMetadata, ['detected_level', levelName(level)]]),
      ),
    };
  }
}

function selectorOf(text: string | undefined) {
  if (text === undefined) return [];
  try {
    return parseSelector(text, { allowEmptyMatch: true });
  } catch (error) {
    if (error instanceof ParseError) throw new UsageError(`${text}: ${error.message}`);
    throw error;
  }
}

async function* fromServer(context: CommandContext): AsyncGenerator<TransferEntry> {
  const { args, clock, signal } = context;
  if (args.text('since') === undefined && args.text('from') === undefined)
    throw new UsageError('an export from a server needs --since or --from');
  const range = rangeOf(args, clock, '1h');
  const client = new LokiClient(serverSettings(context), signal);
  const batch = Math.max(1, wholeNumber('batch', args.text('batch'), batchDefault, batchMax));
  for (let startNs = range.startNs; startNs < range.endNs; startNs += windowNs) {
    const endNs = startNs + windowNs < range.endNs ? startNs + windowNs : range.endNs;
    const pages = queryPages(client, {
      startNs,
      endNs,
      query: args.words[0] ?? allStreams,
      direction: 'forward',
      limit: Number.POSITIVE_INFINITY,
      batch,
      categorize: true,
    });
    for await (const { entries, metric } of pages) {
      if (metric !== undefined) throw new UsageError('an export takes a log query, not a metric query');
      yield* entries;
    }
  }
}
