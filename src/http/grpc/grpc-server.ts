// gRPC's own listener, on HTTP/2. The calls are answered here and not by @grpc/grpc-js, which hands over messages that
// have wholly come: what arrives must be counted piece by piece, and who sends it known before.
import { once } from 'node:events';
import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type ServerHttp2Session,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { tlsOptions, watchTlsFiles } from '../../tls/tls-files.ts';
import type { Gateway } from '../server/api.ts';
import type { GrpcSettings } from '../server/settings.ts';
import { type GrpcParts, serveCall } from './grpc-calls.ts';
import { GrpcSessions } from './grpc-sessions.ts';

export interface GrpcServer {
  /** Listens; resolves with the port. Rejects when the address is taken or not ours. */
  listen(): Promise<number>;
  /** Stops accepting, lets calls under way end until `deadlineMs`, then cuts them. */
  close(deadlineMs: number): Promise<void>;
}

/** Of one connection, which bounds what it can have sent that nobody has read yet: so many times the window. */
const callsMax = 16;
const windowBytes = 64 * 1024;
const headBytesMax = 16 * 1024;
/** Megabytes that HTTP/2's own state of a connection may take. */
const sessionMemoryMb = 2;

/** Throws when a file of TLS cannot be read. */
export function createGrpcServer(gateway: Gateway, parts: GrpcParts, grpc: GrpcSettings): GrpcServer {
  const { settings, metrics, logger } = gateway;
  const { tls } = settings;
  const options = {
    maxSessionMemory: sessionMemoryMb,
    settings: {
      enablePush: false,
      maxConcurrentStreams: callsMax,
      initialWindowSize: windowBytes,
      maxHeaderListSize: headBytesMax,
    },
  };
  const tlsServer =
    tls && createSecureServer({ ...options, ...tlsOptions(tls), handshakeTimeout: settings.headTimeoutMs });
  const server: Http2Server | Http2SecureServer = tlsServer ?? createServer(options);
  // Those that have not said what they want yet are no sessions and have no place of their own.
  server.maxConnections = 2 * grpc.connectionsMax;
  const times = { firstCallTimeoutMs: settings.headTimeoutMs, idleTimeoutMs: settings.keepAliveTimeoutMs };
  const sessions = new GrpcSessions(grpc, times, parts.peers, () => metrics.connectionsClosed.inc());

  server.on('connection', (socket: Socket) => {
    metrics.tcpConnections.inc({ protocol: 'grpc' });
    socket.on('close', () => metrics.tcpConnections.dec({ protocol: 'grpc' }));
  });
  server.on('session', (session: ServerHttp2Session) => sessions.add(session));
  server.on('sessionError', (error) => logger.debug({ error }, 'a gRPC connection failed'));
  server.on('stream', (stream, headers) => {
    const { session } = stream;
    if (session === undefined || session.destroyed) return;
    stream.once('close', sessions.enter(session as ServerHttp2Session));
    void serveCall(gateway, parts, stream, headers);
  });
  const endWatch =
    tls &&
    tlsServer &&
    watchTlsFiles(tlsServer, tls, (error) => {
      if (error)
        logger.error({ error }, 'the new TLS certificate cannot be used for gRPC; the old one stays');
    });

  return {
    async listen() {
      server.listen({ port: grpc.listenPort, host: grpc.listenAddress });
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    },
    async close(deadlineMs) {
      endWatch?.();
      const closed = server.listening ? once(server, 'close') : Promise.resolve();
      server.close();
      sessions.drain();
      const cut = setTimeout(() => sessions.cut(), deadlineMs);
      await closed;
      clearTimeout(cut);
    },
  };
}
