// The clients of bench/load.ts that tail, in a process of their own: one WebSocket for each query given, read as fast
// as it goes. Speaks with its parent by messages: queries in, then 'count' in and totals out.
import { once } from 'node:events';
import { WebSocket } from 'ws';

export interface TailQueries {
  readonly baseUrl: string;
  readonly queries: readonly string[];
}

export interface TailTotals {
  /** Entries that came, by query. */
  readonly received: readonly number[];
  /** Connections lost. */
  readonly closed: number;
}

interface Frame {
  readonly streams: readonly { readonly values: readonly unknown[] }[];
}

const send = (message: unknown): void => {
  process.send?.(message);
};

async function tailAll({ baseUrl, queries }: TailQueries): Promise<void> {
  const received = new Array<number>(queries.length).fill(0);
  let closed = 0;
  const sockets = queries.map((query, index) => {
    const url = `${baseUrl.replace('http', 'ws')}/loki/api/v1/tail?query=${encodeURIComponent(query)}`;
    const socket = new WebSocket(url, { perMessageDeflate: false });
    socket.on('message', (data) => {
      const frame = JSON.parse(String(data)) as Frame;
      for (const { values } of frame.streams) received[index] = (received[index] ?? 0) + values.length;
    });
    socket.on('close', () => closed++);
    return socket;
  });
  await Promise.all(sockets.map((socket) => once(socket, 'open')));
  process.on('message', (message) => {
    if (message === 'count') send({ received, closed } satisfies TailTotals);
    else process.exit(0);
  });
  send('open');
}

process.once('message', (message: TailQueries) => {
  tailAll(message).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
process.on('disconnect', () => process.exit(0));
