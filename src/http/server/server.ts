// The HTTP server: sockets, TLS, Express, the route table, WebSocket upgrades, draining.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tlsOptions, watchTlsFiles } from '../../tls/tls-files.ts';
import type { GrpcServer } from '../grpc/grpc-server.ts';
import type { Gateway } from './api.ts';
import { createApp } from './app.ts';
import { Connections } from './connections.ts';
import { drain } from './drain-connections.ts';
import { holdContinue } from './expect-continue.ts';
import { fieldsReadMax, headBytesMax } from './head-bounds.ts';
import { upgradeIgnorer } from './ignored-upgrade.ts';
import { refuseUnreadable } from './refuse-unreadable.ts';
import { cleanTarget } from './request-target.ts';
import { httpParts } from './server-parts.ts';

export interface HttpServer {
  /** Listens; resolves with the port. Rejects when the address is taken or not ours. */
  listen(): Promise<number>;
  /**
   * Stops accepting, cuts tails without a close frame (their clients reconnect), closes idle connections at once,
   * waits for running requests until `deadlineMs`, then cuts what is left.
   */
  close(deadlineMs: number): Promise<void>;
}

/** How often connections are looked at that are late with a request. */
const checkConnectionsMs = 5000;

/** Throws when a file of TLS cannot be read. */
export function createHttpServer(gateway: Gateway): HttpServer {
  const { settings, metrics, logger } = gateway;
  const { tls } = settings;
  const parts = httpParts(gateway);
  const { tails, budget, peers } = parts;
  const app = createApp(gateway, parts);
  const { requestTimeoutMs } = settings;
  const options = {
    requestTimeout: requestTimeoutMs,
    headersTimeout: Math.min(settings.headTimeoutMs, requestTimeoutMs || settings.headTimeoutMs),
    // Node looks every 30 s only, which shorter timeouts would wait for.
    connectionsCheckingInterval: Math.min(checkConnectionsMs, requestTimeoutMs || checkConnectionsMs),
    keepAliveTimeout: settings.keepAliveTimeoutMs,
    maxHeaderSize: headBytesMax,
  };
  const tlsServer =
    tls && createTlsServer({ ...options, ...tlsOptions(tls), handshakeTimeout: settings.headTimeoutMs });
  const server: Server = tlsServer ?? createServer(options);
  const ignoreUpgrade = upgradeIgnorer(server, tls ? 'secureConnection' : 'connection');
  server.maxHeadersCount = fieldsReadMax;
  server.on('connection', (socket: Socket) => {
    metrics.tcpConnections.inc({ protocol: 'http' });
    socket.on('close', () => metrics.tcpConnections.dec({ protocol: 'http' }));
  });
  const closedForRoom = (): void => metrics.connectionsClosed.inc();
  const connections = new Connections(server, settings, peers, closedForRoom);
  const lastAnswers = new WeakMap<Socket, ServerResponse>();
  server.on('request', (request, response) => {
    // What was read together with the request for which the connection was closed still comes.
    if (request.socket.destroyed) return;
    lastAnswers.set(request.socket, response);
    cleanTarget(request);
    app(request, response);
  });
  holdContinue(server);
  refuseUnreadable(server, (socket) => {
    const answer = lastAnswers.get(socket);
    return answer?.headersSent === true && !answer.writableFinished;
  });
  const endHeadWatch = budget.watchHeads(connections, closedForRoom);
  const endWatch =
    tls &&
    tlsServer &&
    watchTlsFiles(tlsServer, tls, (error) => {
      metrics.tlsReloadSuccessful.set(error ? 0 : 1);
      if (error) logger.error({ error }, 'the new TLS certificate cannot be used; the old one stays');
      else logger.info({ certFile: tls.certFile }, 'TLS certificate read again');
    });

  server.on('upgrade', (request: IncomingMessage, socket: Socket, rest: Buffer) => {
    const onError = (error: Error): void => logger.debug({ error }, 'socket failed');
    socket.on('error', onError);
    const target = request.url ?? '';
    cleanTarget(request);
    const serve = (): void => {
      if (socket.destroyed) return;
      if (tails.accepts(request)) {
        tails.upgrade(request, socket, rest, () => connections.keepBusy(socket));
        return;
      }
      socket.off('error', onError);
      ignoreUpgrade({ request, target, socket, rest });
    };
    // Requests sent before it on the same connection are answered before it.
    const before = lastAnswers.get(socket);
    if (before === undefined || before.closed) serve();
    else before.once('close', serve);
  });

  let grpcServer: GrpcServer | undefined;
  return {
    async listen() {
      server.listen({ port: settings.listenPort, host: settings.listenAddress });
      await once(server, 'listening');
      if (settings.grpc !== undefined) {
        const { createGrpcServer } = await import('../grpc/grpc-server.ts');
        grpcServer = createGrpcServer(gateway, parts, settings.grpc);
        logger.info({ port: await grpcServer.listen() }, 'listening for gRPC');
      }
      return (server.address() as AddressInfo).port;
    },
    async close(deadlineMs) {
      endWatch?.();
      endHeadWatch();
      const closed = [drain(server, connections, deadlineMs), grpcServer?.close(deadlineMs)];
      tails.cut();
      await Promise.all(closed);
      await parts.close();
    },
  };
}
