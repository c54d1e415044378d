// Live tail over a WebSocket: connects again when the connection is lost, ends when the gateway says why.
import { type Entry, type Labels, newestFirst } from './gateway.ts';

const retryMinMs = 500;
const retryMaxMs = 10_000;
/** The gateway closes with this code when going on is of no use; the reason says why. */
const refusedCode = 1011;

export interface TailListener {
  /** Newest first. */
  readonly onEntries: (entries: readonly Entry[]) => void;
  /** Entries the gateway left out because this page was too slow. */
  readonly onDropped: (count: number) => void;
  readonly onState: (text: string) => void;
  /** It will not go on. */
  readonly onEnd: (reason: string) => void;
}

interface Frame {
  readonly streams?: readonly {
    readonly stream: Labels;
    readonly values: readonly (readonly [string, string, ...unknown[]])[];
  }[];
  readonly dropped_entries?: readonly unknown[] | null;
}

export interface LiveTail {
  stop(): void;
}

/** Follows a log query from now on. */
export function liveTail(query: string, historyLimit: number, listener: TailListener): LiveTail {
  let socket: WebSocket | undefined;
  let retry: number | undefined;
  let retryMs = retryMinMs;
  let opened = false;
  let stopped = false;

  const connect = (): void => {
    const url = new URL('loki/api/v1/tail', document.baseURI);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.search = new URLSearchParams({
      query,
      limit: String(opened ? 1 : historyLimit),
      start: String(BigInt(Date.now() - (opened ? retryMs : 3_600_000)) * 1_000_000n),
    }).toString();
    socket = new WebSocket(url);
    socket.addEventListener('open', () => {
      opened = true;
      retryMs = retryMinMs;
      listener.onState('Live');
    });
    socket.addEventListener('message', ({ data }) => {
      const frame = JSON.parse(String(data)) as Frame;
      const dropped = frame.dropped_entries?.length ?? 0;
      if (dropped > 0) listener.onDropped(dropped);
      const entries = entriesOf(frame);
      if (entries.length > 0) listener.onEntries(entries);
    });
    socket.addEventListener('close', ({ code, reason }) => {
      if (stopped) return;
      if (code === refusedCode) return listener.onEnd(reason);
      // A browser does not tell why an upgrade was refused; the query itself has been seen to work.
      if (!opened)
        return listener.onEnd('The gateway refused the live tail; does a proxy hold back upgrades?');
      listener.onState('Live: connection lost, trying again');
      retry = window.setTimeout(connect, retryMs);
      retryMs = Math.min(retryMaxMs, retryMs * 2);
    });
  };
  connect();
  return {
    stop() {
      stopped = true;
      window.clearTimeout(retry);
      socket?.close();
    },
  };
}

const entriesOf = ({ streams = [] }: Frame): readonly Entry[] =>
  streams
    .flatMap(({ stream, values }) =>
      values.map(([timestampNs, line]) => ({
        timestampNs,
        line,
        stream: {},
        metadata: {},
        parsed: {},
        merged: stream,
      })),
    )
    .sort(newestFirst);
