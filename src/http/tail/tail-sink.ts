// Where the frames of a tail go: a WebSocket, or an event stream for those who have none.
import type { ServerResponse } from 'node:http';
import type { WebSocket } from 'ws';

/** One client. */
export interface TailSink {
  readonly open: boolean;
  /** Bytes not yet taken by the client's side of the connection. */
  readonly bufferedBytes: number;
  /** `sent` is called once the bytes have left, or cannot leave any more. */
  send(frame: Uint8Array | string, sent: () => void): void;
  ping(): void;
  /** Ends with an error that the client sees, and does not come back from. */
  fail(reason: string): void;
  /** Ends as a lost connection would: the client comes back. */
  cut(): void;
  onClose(run: () => void): void;
}

/** Control frames carry at most this many bytes of reason. */
const closeReasonBytesMax = 123;
/** Grafana shows the reason of this code and does not connect again. */
const internalError = 1011;

export function webSocketSink(socket: WebSocket, onError: (error: Error) => void): TailSink {
  socket.on('error', onError);
  return {
    get open() {
      return socket.readyState === socket.OPEN;
    },
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    send: (frame, sent) => socket.send(frame, { binary: false }, sent),
    ping: () => socket.ping(),
    fail(reason) {
      socket.close(internalError, cutToBytes(reason, closeReasonBytesMax));
    },
    cut: () => socket.terminate(),
    onClose: (run) => socket.on('close', run),
  };
}

/** The longest beginning of a text that fits. */
function cutToBytes(text: string, bytesMax: number): string {
  // A character is a byte at least.
  let cut = text.slice(0, bytesMax);
  while (Buffer.byteLength(cut) > bytesMax) cut = cut.slice(0, -1);
  return cut;
}

/** Headers of an event stream: no proxy and no compression may hold pieces back. */
const eventStreamHeaders = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-transform',
  'X-Accel-Buffering': 'no',
};

/** Turns a frame into events; the default sends it as it is. */
export type FrameToEvents = (frame: Uint8Array | string) => string;

const wholeFrame: FrameToEvents = (frame) => `data: ${Buffer.from(frame as string).toString()}\n\n`;

/** Server-sent events: `data:` holds a frame's JSON; errors are events named `error`. */
export function eventStreamSink(response: ServerResponse, toEvents: FrameToEvents = wholeFrame): TailSink {
  response.writeHead(200, eventStreamHeaders);
  response.flushHeaders();
  const text = (piece: string): boolean => response.write(piece);
  return {
    get open() {
      return !response.writableEnded && !response.destroyed;
    },
    get bufferedBytes() {
      return response.writableLength;
    },
    send(frame, sent) {
      const events = toEvents(frame);
      if (events === '') sent();
      else response.write(events, () => sent());
    },
    ping: () => text(': ping\n\n'),
    fail: (reason) => response.end(`event: error\ndata: ${JSON.stringify(reason)}\n\n`),
    cut: () => response.destroy(),
    onClose: (run) => response.on('close', run),
  };
}
