// Sockets that syslog comes in by: TCP, TLS and UDP. What is open and what is held is bounded.

import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { SyslogSettings } from '../settings.ts';
import { SyslogFramer } from './framing.ts';

export interface ListenersOptions {
  readonly settings: SyslogSettings;
  /** One message of a connection, which `lostBytes` more were of; the bytes are valid during the call. */
  readonly onMessage: (bytes: Buffer, peer: string, lostBytes: number) => void;
  /** The count before a message was wrong. */
  readonly onWrongCount: () => void;
  /** There is no room for more. */
  readonly full: () => boolean;
  /** Resolves when there is room again. */
  readonly room: () => Promise<void>;
  /** One message by UDP; as above. */
  readonly onDatagram: (bytes: Buffer, peer: string) => void;
  readonly datagramsFull: () => boolean;
  /** Something was refused, cut or thrown away: one sentence. */
  readonly onLoss: (sentence: string) => void;
  /** A socket broke after it was opened. */
  readonly onFailure: (error: Error) => void;
}

/** Asked of the system for datagrams that wait; it may give less. */
const datagramBufferBytes = 8 * 1024 * 1024;

export interface Listeners {
  /** Connections open now. */
  readonly connections: number;
  /** Stops listening and ends the connections. */
  close(): Promise<void>;
}

/** Opens every socket that has a port. Rejects with the system's error, all closed again, when one cannot be opened. */
export async function openListeners(options: ListenersOptions): Promise<Listeners> {
  const { settings } = options;
  const connections = new Set<Socket>();
  const closers: (() => void)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers) closer();
    for (const socket of connections) socket.destroy();
  };
  const serve = (socket: Socket): void => serveConnection(socket, connections, options);
  const listen = async (server: Server, port: number): Promise<void> => {
    closers.push(() => server.close());
    server.listen(port, settings.listenAddress);
    await once(server, 'listening');
    server.on('error', options.onFailure);
  };
  try {
    if (settings.tcpPort > 0) await listen(createServer(serve), settings.tcpPort);
    if (settings.tlsPort > 0) {
      const server = createTlsServer(tlsOptions(settings), serve);
      server.on('tlsClientError', (error) => options.onLoss(`A TLS handshake failed: ${error.message}.`));
      await listen(server, settings.tlsPort);
    }
    if (settings.udpPort > 0) {
      const socket = createSocket({
        type: settings.listenAddress.includes(':') ? 'udp6' : 'udp4',
        recvBufferSize: datagramBufferBytes,
      });
      closers.push(() => socket.close());
      socket.bind(settings.udpPort, settings.listenAddress);
      await once(socket, 'listening');
      receiveDatagrams(socket, options);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    get connections() {
      return connections.size;
    },
    close,
  };
}

function serveConnection(socket: Socket, connections: Set<Socket>, options: ListenersOptions): void {
  const { settings, onMessage, onLoss, full, room } = options;
  const peer = plainAddress(socket.remoteAddress);
  if (connections.size >= settings.connectionsMax) {
    onLoss(`More than ${settings.connectionsMax} connections: raise syslog.connections_max.`);
    socket.destroy();
    return;
  }
  connections.add(socket);
  const framer = new SyslogFramer({
    messageBytesMax: settings.messageBytesMax,
    onMessage: (bytes, lostBytes) => onMessage(bytes, peer, lostBytes),
    onWrongCount: options.onWrongCount,
  });
  socket.setKeepAlive(true, 60_000);
  if (settings.idleTimeoutMs > 0) socket.setTimeout(settings.idleTimeoutMs, () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    framer.push(chunk);
    // What is not read stays with the sender: that is the backpressure.
    if (!full()) return;
    socket.pause();
    void room().then(() => socket.resume());
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    framer.end();
    connections.delete(socket);
  });
}

function receiveDatagrams(socket: DatagramSocket, options: ListenersOptions): void {
  const { onDatagram, datagramsFull, onLoss, onFailure } = options;
  socket.on('error', onFailure);
  socket.on('message', (bytes, { address }) => {
    // Nobody can be told to wait.
    if (datagramsFull())
      onLoss('Datagrams come faster than they can be stored, and some were thrown away: use TCP.');
    else onDatagram(bytes.at(-1) === 10 ? bytes.subarray(0, -1) : bytes, plainAddress(address));
  });
}

/** ::ffff:10.0.0.1 is 10.0.0.1. */
const plainAddress = (address: string | undefined): string =>
  (address ?? '').replace(/^::ffff:(?=\d+\.)/, '');

function tlsOptions({ tls }: SyslogSettings): Parameters<typeof createTlsServer>[0] {
  if (!tls?.cert || !tls.key) throw new Error('TLS needs syslog.tls_cert and syslog.tls_key');
  return {
    cert: readFileSync(tls.cert),
    key: readFileSync(tls.key),
    // With a CA, senders must show a certificate of it.
    ...(tls.ca && { ca: readFileSync(tls.ca), requestCert: true, rejectUnauthorized: true }),
  };
}
