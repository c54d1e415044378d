// Live tail: the gateway's event stream, read by fetch. Unlike a WebSocket's, its request carries the tenant in a header,
// its refusals have a status and a text, and no proxy needs to know of upgrades.
import { type Entry, entriesOf, type StreamAnswer } from './entry.ts';
import { GatewayError, request } from './requests.ts';

const retryMinMs = 500;
const retryMaxMs = 10_000;
const historyMs = 3_600_000;
/** What a connection that came back asks for of the time it was away. */
const missedEntriesMax = 5000;

export interface TailListener {
  /** Newest first. */
  readonly onEntries: (entries: readonly Entry[]) => void;
  /** Entries the gateway left out because this page was too slow. */
  readonly onDropped: (count: number) => void;
  readonly onConnection: (connected: boolean) => void;
  /** It will not go on. */
  readonly onEnd: (error: Error) => void;
}

interface Frame {
  readonly streams?: readonly StreamAnswer[] | null;
  readonly dropped_entries?: readonly unknown[] | null;
}

/** Follows a log query from now on, after `historyLimit` entries of the last hour, until the signal fires. */
export async function followTail(
  query: string,
  historyLimit: number,
  listener: TailListener,
  signal: AbortSignal,
): Promise<void> {
  let retryMs = retryMinMs;
  let newest: Entry | undefined;
  let connectedOnce = false;
  while (!signal.aborted) {
    const startNs =
      newest === undefined ? BigInt(Date.now() - historyMs) * 1_000_000n : BigInt(newest.timestampNs) + 1n;
    const limit = newest === undefined ? historyLimit : missedEntriesMax;
    try {
      const parameters = { query, limit: String(limit), start: String(startNs) };
      const response = await request('loki/api/v1/tail', parameters, { signal, accept: 'text/event-stream' });
      connectedOnce = true;
      retryMs = retryMinMs;
      listener.onConnection(true);
      for await (const { name, data } of eventsOf(response)) {
        if (name === 'error') throw new GatewayError(400, String(JSON.parse(data)));
        const { streams, dropped_entries: dropped } = JSON.parse(data) as Frame;
        if ((dropped?.length ?? 0) > 0) listener.onDropped(dropped?.length ?? 0);
        const entries = entriesOf(streams ?? []);
        newest = entries[0] ?? newest;
        if (entries.length > 0) listener.onEntries(entries);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Error)) throw error;
      // Told why: asking again would bring the same. Too many and "not now" are said with 429 and 503.
      const lasting = error instanceof GatewayError && ![0, 429, 502, 503, 504].includes(error.status);
      if (lasting || !connectedOnce) return listener.onEnd(error);
    }
    if (signal.aborted) return;
    listener.onConnection(false);
    await pause(retryMs, signal);
    retryMs = Math.min(retryMaxMs, retryMs * 2);
  }
}

interface StreamEvent {
  readonly name: string;
  readonly data: string;
}

/** Server-sent events; ends when the connection does. */
export async function* eventsOf({ body }: Response): AsyncGenerator<StreamEvent> {
  if (body === null) return;
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const piece = await reader.read().catch((error: unknown) => {
      throw new GatewayError(0, 'The connection was lost', { cause: error });
    });
    if (piece.done) return;
    const events = (rest + piece.value).split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const name = /^event: (.*)$/m.exec(event)?.[1] ?? 'message';
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (data !== undefined) yield { name, data };
    }
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = window.setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      window.clearTimeout(timer);
      resolve();
    });
  });
