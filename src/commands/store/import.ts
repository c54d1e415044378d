// `skald import`: entries from files into a running server, or into a store that nobody has open.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { singleTenant } from '../../http/auth/tenant.ts';
import { type Command, type CommandContext, CommandError, exitCodes, UsageError } from '../cli/command.ts';
import { createProgress } from '../cli/progress.ts';
import { LokiClient } from '../client/loki-client.ts';
import { serverFlags, serverSettings } from '../client/server-flags.ts';
import { importEntries } from './import-entries.ts';
import { type PushTarget, serverTarget, storeTarget } from './push-target.ts';
import { batchesOf, type TransferEntry, type TransferStream } from './transfer-entry.ts';

export const importCommand: Command = {
  name: 'import',
  summary: 'store entries from files, in a running server or in a stopped store',
  usage: '[flags] FILE…',
  description: `
Reads what skald export writes, push bodies, lines of skald query -o jsonl, and answers of query_range; FILE may end in
.gz, and - is standard input. Pushes to --addr (the default server when left out), or with --offline straight into the
store in the data directory, whose gateway must not run; limits of age and rate do not hold there.

What is already stored is not stored twice, so an import that broke off may simply be run again.`,
  flags: [
    { name: 'offline', summary: 'into the store in the data directory instead of a server' },
    { name: 'quiet', short: 'q', summary: 'no notes on standard error' },
    ...serverFlags,
  ],
  configured: true,
  words: { min: 1, max: 10_000 },
  run: async (context) => {
    const { args } = context;
    if (args.on('offline') && args.text('addr') !== undefined)
      throw new UsageError('--offline and --addr exclude each other');
    if (args.words.filter((word) => word === '-').length > 1)
      throw new UsageError('standard input can be read only once');
    const sizes = await Promise.all(args.words.map(sizeOf));
    const target = args.on('offline')
      ? await storeTarget(
          await context.config(),
          args.text('org-id') ?? context.environment.orgId ?? singleTenant,
        )
      : serverTarget(new LokiClient(serverSettings(context), context.signal));
    try {
      return await importFiles(context, target, sizes);
    } finally {
      await target.close();
    }
  },
};

const refusalsShownMax = 10;
const messageCharactersMax = 1000;

async function importFiles(
  { args, input, notes, signal }: CommandContext,
  target: PushTarget,
  sizes: readonly (number | undefined)[],
): Promise<number> {
  const bytesTotal = sizes.every((size) => size !== undefined)
    ? sizes.reduce((sum, size) => sum + size, 0)
    : undefined;
  const progress = createProgress(notes, { label: 'importing', unit: 'bytes' });
  let bytes = 0;
  let entries = 0;
  let refusals = 0;
  try {
    for (const name of args.words) {
      const counted = (chunk: Uint8Array): void => {
        bytes += chunk.length;
      };
      for await (const streams of batchesOf(entriesOfFile(name, input, counted))) {
        if (signal.aborted) throw new CommandError('interrupted');
        const refusal = await pushBatch(target, streams);
        if (refusal !== undefined && refusals++ < refusalsShownMax) {
          await progress.end();
          await notes.write(`skald: ${refusal}\n`);
        }
        entries += streams.reduce((sum, stream) => sum + stream.entries.length, 0);
        await progress.update(bytes, bytesTotal);
      }
    }
  } catch (error) {
    await progress.end();
    throw new CommandError(
      `${(error as Error).message}\n${entries} entries were sent before; running the import again stores nothing twice`,
      { cause: error },
    );
  }
  await progress.end();
  if (!args.on('quiet')) await notes.write(`${entries} entries sent\n`);
  if (refusals === 0) return exitCodes.success;
  await notes.write(`skald: ${refusals} pushes were refused in part or as a whole\n`);
  return exitCodes.failure;
}

/** Undefined when everything was stored, the text of a refusal otherwise. Throws when going on makes no sense. */
async function pushBatch(
  target: PushTarget,
  streams: readonly TransferStream[],
): Promise<string | undefined> {
  const { status, message } = await target.push(streams);
  if (status >= 200 && status < 300 && status !== blockedStatus) return undefined;
  const text = `answered ${status}: ${message.slice(0, messageCharactersMax)}`;
  if (status !== 400) throw new CommandError(text);
  const hint = message.includes('timestamp too old')
    ? '; let old entries in with SKALD_REJECT_OLD_SAMPLES=false, or import with --offline'
    : '';
  return text + hint;
}

/** Pushes are blocked by configuration: a success that stores nothing. */
const blockedStatus = 260;

async function* entriesOfFile(
  name: string,
  input: NodeJS.ReadableStream,
  onBytes: (chunk: Uint8Array) => void,
): AsyncGenerator<TransferEntry> {
  const raw = (name === '-' ? input : createReadStream(name)) as Readable;
  raw.on('data', onBytes);
  raw.pause();
  if (!name.endsWith('.gz')) {
    yield* importEntries(raw, name);
    return;
  }
  const unzipped = raw.pipe(createGunzip());
  raw.on('error', (error) => unzipped.destroy(error));
  yield* importEntries(unzipped, name);
}

/** Bytes of a file; undefined for standard input. Throws CommandError when it is not there. */
async function sizeOf(name: string): Promise<number | undefined> {
  if (name === '-') return undefined;
  try {
    return (await stat(name)).size;
  } catch (error) {
    throw new CommandError(`${name}: ${(error as Error).message}`, { cause: error });
  }
}
