// Sockets that syslog comes in by: TCP, TLS and UDP. What is open and what is held is bounded.

import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { type TlsSettings, tlsOptions, watchTlsFiles } from '../../tls/tls-files.ts';
import type { SyslogSettings } from '../settings.ts';
import { receiveDatagrams } from './datagrams.ts';
import { SyslogFramer } from './framing.ts';
import { plainAddress } from './plain-address.ts';

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
  /** Something was refused: one sentence. */
  readonly onLoss: (sentence: string) => void;
  /** A new certificate is in use. */
  readonly onCertificate: () => void;
  /** Datagrams were lost: how many, and one sentence. */
  readonly onDropped: (count: number, sentence: string) => void;
  /** A socket broke after it was opened. */
  readonly onFailure: (error: Error) => void;
}

export interface Listeners {
  /** Connections open now. */
  readonly connections: number;
  /** Stops listening and ends the connections. */
  close(): Promise<void>;
}

/** Opens every socket that has a port. Rejects with the system's error, all closed again, when one cannot be opened. */
export async function openListeners(options: ListenersOptions): Promise<Listeners> {
  const { settings } = options;
  const connections: Connections = new Map();
  const closers: (() => void)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers) closer();
    for (const socket of connections.keys()) socket.destroy();
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
      const files = tlsFiles(settings);
      const server = createTlsServer(tlsOptions(files), serve);
      server.on('tlsClientError', (error) => options.onLoss(`A TLS handshake failed: ${error.message}.`));
      closers.push(
        watchTlsFiles(server, files, (error) => {
          if (error)
            options.onLoss(`The new TLS certificate cannot be used: ${error.message}; the old one stays.`);
          else options.onCertificate();
        }),
      );
      await listen(server, settings.tlsPort);
    }
    if (settings.udpPort > 0) closers.push(await receiveDatagrams(options));
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

/** Open connections, the oldest first, and whether anything has come by them. */
type Connections = Map<Socket, 'silent' | 'speaks'>;

/** Connections that say nothing keep nobody out: where there is no room for another, the oldest of them gives way. */
function endOldestSilent(connections: Connections): void {
  for (const [socket, state] of connections) {
    if (state === 'speaks') continue;
    connections.delete(socket);
    socket.destroy();
    return;
  }
}

function serveConnection(socket: Socket, connections: Connections, options: ListenersOptions): void {
  const { settings, onMessage, onLoss, full, room } = options;
  const peer = plainAddress(socket.remoteAddress);
  if (connections.size >= settings.connectionsMax) endOldestSilent(connections);
  if (connections.size >= settings.connectionsMax) {
    onLoss(`More than ${settings.connectionsMax} connections: raise syslog.connections_max.`);
    socket.destroy();
    return;
  }
  connections.set(socket, 'silent');
  const framer = new SyslogFramer({
    messageBytesMax: settings.messageBytesMax,
    onMessage: (bytes, lostBytes) => onMessage(bytes, peer, lostBytes),
    onWrongCount: options.onWrongCount,
  });
  socket.setKeepAlive(true, 60_000);
  socket.setTimeout(settings.idleTimeoutMs, () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    connections.set(socket, 'speaks');
    framer.push(chunk);
    // What is not read stays with the sender: that is the backpressure.
    if (!full()) return;
    socket.pause();
    // It is not the sender who is idle meanwhile.
    socket.setTimeout(0);
    void room().then(() => {
      socket.setTimeout(settings.idleTimeoutMs);
      socket.resume();
    });
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    framer.end();
    connections.delete(socket);
  });
}

function tlsFiles({ tls }: SyslogSettings): TlsSettings {
  if (!tls?.cert || !tls.key) throw new Error('TLS needs syslog.tls_cert and syslog.tls_key');
  // With a CA, senders must show a certificate of it.
  return { certFile: tls.cert, keyFile: tls.key, clientCaFile: tls.ca, clientCertRequired: tls.ca !== '' };
}
