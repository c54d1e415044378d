// Following a tail: WebSocket frames as entries, and going on where it stopped when the connection breaks.
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { type CommandContext, CommandError, exitCodes, type Flag } from '../cli/command.ts';
import { type EntryFormat, formatEntry } from '../cli/entry-format.ts';
import { rangeOf } from '../cli/time-flags.ts';
import { type Edge, edgeOf, emptyEdge, entriesOf, withoutEdge } from './log-pages.ts';
import type { ServerSettings } from './loki-client.ts';
import { serverSettings, wholeNumber } from './server-flags.ts';

export const tailFlags: readonly Flag[] = [
  {
    name: 'delay-for',
    value: 'SECONDS',
    summary: 'with --tail: hold lines back so that late ones sort in; 0 to 5',
  },
];

export interface TailRequest {
  readonly query: string;
  /** Entries of history. */
  readonly limit: number;
  readonly startNs: bigint;
  readonly delaySeconds: number;
  readonly server: ServerSettings;
}

const delaySecondsMax = 5;
const sinceDefault = '1h';
const reconnectFirstMs = 250;
const reconnectLongestMs = 10_000;
/** Attempts in a row that may fail before giving up. */
const attemptsMax = 10;
/** Frames that wait to be printed; the connection is read no further until they are. */
const waitingFramesMax = 100;
const frameBytesMax = 64 * 1024 * 1024;

/** Throws UsageError. */
export function tailRequest(context: CommandContext, query: string, limit: number): TailRequest {
  const { args, clock } = context;
  return {
    query,
    limit,
    startNs: rangeOf(args, clock, sinceDefault).startNs,
    delaySeconds: wholeNumber('delay-for', args.text('delay-for')?.replace(/s$/, ''), 0, delaySecondsMax),
    server: serverSettings(context),
  };
}

/** Prints until interrupted. Throws CommandError when the server refuses, or stays away. */
export async function followTail(
  context: CommandContext,
  request: TailRequest,
  format: EntryFormat,
): Promise<number> {
  let edge: Edge = emptyEdge;
  for (let failures = 0; !context.signal.aborted; ) {
    // Of a broken connection, everything since its last entry; there may be more than a page of it.
    const from =
      edge.count === 0
        ? { startNs: request.startNs, limit: request.limit }
        : { startNs: edge.timestampNs, limit: resumedEntriesMax };
    let reason = 'the connection was closed';
    try {
      for await (const frame of frames({ ...request, ...from }, context.signal)) {
        failures = 0;
        edge = await printFrame(context, frame, edge, format);
      }
    } catch (error) {
      if (!(error instanceof ConnectionLostError)) throw error;
      reason = error.message;
    }
    if (context.signal.aborted) break;
    if (++failures > attemptsMax)
      throw new CommandError(`${request.server.url.href}: ${reason}, ${attemptsMax} times in a row`);
    await context.notes.write(`${reason}; connecting again\n`);
    const waitMs = Math.min(reconnectFirstMs * 2 ** (failures - 1), reconnectLongestMs);
    await delay(waitMs, undefined, { signal: context.signal }).catch(() => {});
  }
  return exitCodes.success;
}

const resumedEntriesMax = 5000;

interface Frame {
  readonly streams?: Parameters<typeof entriesOf>[0] | null;
  readonly dropped_entries?: readonly unknown[] | null;
}

async function printFrame(
  { out, notes, args }: CommandContext,
  frame: Frame,
  edge: Edge,
  format: EntryFormat,
): Promise<Edge> {
  const all = entriesOf(frame.streams ?? [], 'forward');
  for (const entry of withoutEdge(all, edge)) await out.write(formatEntry(entry, format));
  await out.end();
  const dropped = frame.dropped_entries?.length ?? 0;
  if (dropped > 0 && !args.on('quiet'))
    await notes.write(`${dropped} entries dropped: they came faster than they could be sent\n`);
  // A late entry must not move the place to resume back.
  return (all.at(-1)?.timestampNs ?? -1n) < edge.timestampNs ? edge : edgeOf(all, edge);
}

/** The connection went away in a way that is worth another attempt. */
class ConnectionLostError extends Error {}

const internalErrorCode = 1011;
const durationReached = /max duration/;

/** Frames of one connection. Ends with the signal. Throws ConnectionLostError, CommandError. */
async function* frames(
  request: Omit<TailRequest, 'server'> & { readonly server: ServerSettings },
  signal: AbortSignal,
): AsyncGenerator<Frame> {
  const { url, headers, tls } = request.server;
  const target = new URL(`${url.href.replace(/\/$/, '')}/loki/api/v1/tail`);
  target.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  target.search = new URLSearchParams({
    query: request.query,
    limit: String(request.limit),
    start: String(request.startNs),
    ...(request.delaySeconds > 0 && { delay_for: String(request.delaySeconds) }),
  }).toString();
  const socket = new WebSocket(target, {
    headers: { 'user-agent': 'skald-cli', ...headers },
    maxPayload: frameBytesMax,
    perMessageDeflate: false,
    ...(url.protocol === 'https:' && {
      rejectUnauthorized: tls.rejectUnauthorized,
      ...(tls.ca && { ca: tls.ca }),
      ...(tls.cert && { cert: tls.cert }),
      ...(tls.key && { key: tls.key }),
    }),
  });
  const waiting: Frame[] = [];
  let ended: Error | 'end' | undefined;
  let wake = (): void => {};
  const end = (how: Error | 'end'): void => {
    ended ??= how;
    wake();
  };
  socket.on('message', (data) => {
    try {
      waiting.push(JSON.parse(data.toString()) as Frame);
    } catch {
      end(new CommandError('the server sent a frame that is no JSON'));
    }
    if (waiting.length >= waitingFramesMax) socket.pause();
    wake();
  });
  socket.on('unexpected-response', (_, response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => {
      const text = `${request.server.url.host} answered ${response.statusCode}: ${Buffer.concat(chunks).toString().trim()}`;
      const passing = response.statusCode === 429 || (response.statusCode ?? 0) >= 500;
      end(passing ? new ConnectionLostError(text) : new CommandError(text));
    });
  });
  socket.on('error', (error) => end(new ConnectionLostError(error.message || 'connection refused')));
  socket.on('close', (code, reason) => {
    const text = reason.toString();
    const refused = code === internalErrorCode && !durationReached.test(text);
    end(refused ? new CommandError(text) : new ConnectionLostError('the connection was closed'));
  });
  const stop = (): void => {
    end('end');
    socket.terminate();
  };
  signal.addEventListener('abort', stop);
  try {
    for (;;) {
      for (let frame = waiting.shift(); frame !== undefined; frame = waiting.shift()) yield frame;
      socket.resume();
      if (ended === 'end') return;
      if (ended !== undefined) throw ended;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (waiting.length > 0 || ended !== undefined) resolve();
      });
    }
  } finally {
    signal.removeEventListener('abort', stop);
    socket.terminate();
  }
}
