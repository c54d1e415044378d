// `skald collect`: runs the collectors on what is there and prints what would be stored, with labels. Stores nothing.

import { hostname } from 'node:os';
import { collectorNames, detectSources, makeCollectors } from '../../collectors/collector-kinds.ts';
import { linkedAbort } from '../../collectors/linked-abort.ts';
import { collectedEntries } from '../../ingest/sink/packed-entries.ts';
import type { CollectedEntry, Sink } from '../../ingest/sink/sink.ts';
import { labelsToRecord } from '../../model/labels.ts';
import { type Command, type CommandContext, exitCodes, UsageError } from '../cli/command.ts';
import { OutputClosedError } from '../cli/output.ts';

const entriesDefault = 100;

export const collectCommand: Command = {
  name: 'collect',
  summary: 'Print what the collectors would store, with labels',
  usage: '--dry-run [flags]',
  description:
    'Reads the configured sources as the gateway does at its first start, prints each entry as one JSON object a line ' +
    '(timestamp, labels, metadata, line) and keeps nothing: neither entries nor positions. Ends after --limit entries ' +
    'or at an interrupt.',
  flags: [
    { name: 'dry-run', summary: 'Store nothing; the only way so far' },
    {
      name: 'source',
      value: 'NAME',
      repeated: true,
      summary: 'Only this source',
      choices: collectorNames,
    },
    {
      name: 'limit',
      value: 'N',
      summary: `End after this many entries (default ${entriesDefault}, 0: no end)`,
    },
  ],
  configured: true,
  words: { min: 0, max: 0 },
  run: collect,
};

async function collect({ args, config, out, notes, signal, searchPath }: CommandContext): Promise<number> {
  if (!args.on('dry-run')) throw new UsageError('give --dry-run: the gateway itself is what stores');
  const limit = Number(args.text('limit') ?? entriesDefault);
  if (!Number.isInteger(limit) || limit < 0) throw new UsageError('flag --limit: expected a whole number');
  const settings = (await config()).collectors;
  const wanted = args.list('source');
  const detections = (await detectSources(settings, searchPath)).filter(
    ({ name }) => wanted.length === 0 || wanted.includes(name),
  );
  for (const { sentence } of detections) await notes.write(`${sentence}\n`);
  const runs = detections.filter((one) => one.runs).map(({ name }) => name);
  if (runs.length === 0) return exitCodes.failure;
  const { controller: end, release } = linkedAbort(signal);
  let left = limit === 0 ? Number.POSITIVE_INFINITY : limit;
  let failure: unknown;
  const sink: Sink = {
    checkpoints: async () => [],
    write: async (packed) => {
      const entries = collectedEntries(packed);
      try {
        for (const entry of entries.slice(0, left)) await out.write(`${printed(entry)}\n`);
        await out.end();
      } catch (error) {
        if (!(error instanceof OutputClosedError)) failure ??= error;
        left = 0;
      }
      left = Math.max(0, left - entries.length);
      if (left === 0) end.abort();
      return {};
    },
  };
  const host = settings.host === '' ? hostname() : settings.host;
  const collectors = await makeCollectors(settings, host, runs);
  await Promise.all(collectors.map((collector) => collector.run(sink, end.signal)));
  release();
  if (failure !== undefined) throw failure;
  for (const { name, hint } of collectors.map((collector) => collector.health()))
    if (hint !== '') await notes.write(`${name}: ${hint}\n`);
  return exitCodes.success;
}

const printed = ({ timestampNs, labels, structuredMetadata, line }: CollectedEntry): string =>
  JSON.stringify({
    timestamp: String(timestampNs),
    labels: labelsToRecord(labels),
    metadata: labelsToRecord(structuredMetadata),
    line,
  });
