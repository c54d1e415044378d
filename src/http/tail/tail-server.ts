// Tails over WebSockets and event streams: checks before the first byte as HTTP, sessions, the limit per tenant, the
// cut at the end.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { routeLabel } from '../metrics/request-metrics.ts';
import { categorizeLabelsFlag, encodingFlags } from '../parameters/answer-form.ts';
import { parseParameters } from '../parameters/parameters.ts';
import { checkExpression } from '../parameters/query-checks.ts';
import type { Gateway } from '../server/api.ts';
import { checkHost } from '../server/head-bounds.ts';
import { errorAnswer } from '../server/http-error.ts';
import type { Peer } from '../server/peers.ts';
import type { HttpParts } from '../server/server-parts.ts';
import { TailPlaces } from './tail-places.ts';
import { type TailRequest, tailPaths, tailRequest } from './tail-request.ts';
import { TailSession } from './tail-session.ts';
import { eventStreamSink, type FrameToEvents, type TailSink, webSocketSink } from './tail-sink.ts';

/** What a client may send us; nothing is expected. */
const clientMessageBytesMax = 64 * 1024;

export interface EventStreamRequest {
  readonly path: string;
  readonly tenant: string;
  readonly request: TailRequest;
  readonly categorizeLabels: boolean;
  /** How frames become events; default: a frame is an event. */
  readonly toEvents?: FrameToEvents;
}

export class TailServer {
  readonly #gateway: Gateway;
  readonly #parts: Pick<HttpParts, 'authorize' | 'peers'>;
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: clientMessageBytesMax,
  });
  readonly #sessions = new Set<TailSession>();
  readonly #places: TailPlaces;
  #ended = false;

  constructor(gateway: Gateway, parts: Pick<HttpParts, 'authorize' | 'peers'>) {
    this.#gateway = gateway;
    this.#parts = parts;
    this.#places = new TailPlaces(gateway.settings.tail);
  }

  accepts(request: IncomingMessage): boolean {
    return (
      request.method === 'GET' &&
      request.headers.upgrade?.toLowerCase() === 'websocket' &&
      this.#pathOf(request) !== undefined
    );
  }

  /** `onOpen` is called when there is a tail, which lasts. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, onOpen: () => void): void {
    const { logger } = this.#gateway;
    const path = this.#pathOf(request) ?? '';
    const startMs = performance.now();
    this.#accept(path, request).then(
      (accepted) => {
        if (socket.destroyed) return;
        this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
          webSocket.on('close', () => this.#observe(path, 101, startMs));
          const sink = webSocketSink(webSocket, (error) => logger.debug({ error }, 'tail socket failed'));
          if (this.#start(sink, this.#parts.peers.ofRequest(request), accepted)) onOpen();
        });
      },
      (error: unknown) => {
        const { unexpected, status } = errorAnswer(error);
        if (unexpected) logger.error({ error }, 'tail failed');
        this.#observe(path, status, startMs);
        refuse(socket, error);
      },
    );
  }

  /** Answers with server-sent events. Throws what errorAnswer() knows before anything is sent. */
  stream(response: ServerResponse, options: EventStreamRequest): void {
    // The client went while its query was read: nobody would tell the session.
    if (response.destroyed) return;
    const peer = this.#parts.peers.ofRequest(response.req);
    this.#places.check(peer);
    const sink = eventStreamSink(response, options.toEvents);
    if (response.req.method === 'HEAD') response.end();
    else this.#start(sink, peer, options);
  }

  /** Ends every tail by closing its socket without a close frame: clients then reconnect. */
  cut(): void {
    this.#ended = true;
    for (const session of this.#sessions) session.cut();
  }

  #pathOf(request: IncomingMessage): string | undefined {
    const path = (request.url ?? '').split('?')[0];
    return tailPaths.find((known) => this.#gateway.settings.pathPrefix + known === path);
  }

  /** The checks that are answered before the upgrade. Rejects with what errorAnswer() knows. */
  async #accept(path: string, request: IncomingMessage): Promise<EventStreamRequest> {
    const { authorize, peers } = this.#parts;
    checkHost(request);
    const tenant = await authorize(request, { path, access: 'query', tenant: true, severalTenants: false });
    const parameters = parseParameters((request.url ?? '').split('?').slice(1).join('?'));
    const parsed = await tailRequest(parameters, this.#gateway.clock.nowNs());
    checkExpression(parsed.expr, this.#gateway.limitsOf(tenant));
    this.#places.check(peers.ofRequest(request));
    return {
      path,
      tenant,
      request: parsed,
      categorizeLabels: encodingFlags(request).includes(categorizeLabelsFlag),
    };
  }

  /** False: there is no such tail, which the client has been told. */
  #start(sink: TailSink, peer: Peer, accepted: EventStreamRequest): boolean {
    const { tenant, path, request } = accepted;
    if (this.#ended) {
      sink.cut();
      return false;
    }
    if (request.expr.kind !== 'logQuery') {
      sink.fail('only log selector is supported');
      return false;
    }
    const open = this.#places.openOf(tenant) + 1;
    const max = this.#gateway.limitsOf(tenant).maxConcurrentTailRequests;
    if (max > 0 && open > max) {
      sink.fail(`max concurrent tail requests limit exceeded, count > limit (${open} > ${max})`);
      return false;
    }
    const { tailActive } = this.#gateway.metrics;
    const leave = this.#places.enter(tenant, peer);
    tailActive.inc();
    const session = new TailSession(this.#gateway, sink, {
      ...request,
      tenant,
      query: request.expr,
      categorizeLabels: accepted.categorizeLabels,
      legacy: path.startsWith('/api/prom'),
    });
    this.#sessions.add(session);
    sink.onClose(() => {
      session.end();
      this.#sessions.delete(session);
      leave();
      tailActive.dec();
    });
    session.start();
    return true;
  }

  #observe(path: string, status: number, startMs: number): void {
    this.#gateway.metrics.requestDuration.observe(
      { method: 'GET', route: routeLabel(path), status_code: String(status), ws: 'true' },
      (performance.now() - startMs) / 1000,
    );
  }
}

function refuse(socket: Duplex, error: unknown): void {
  const { status, message, headers } = errorAnswer(error);
  const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${more.join('')}` +
      'Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n' +
      `Content-Length: ${Buffer.byteLength(message)}\r\nConnection: close\r\n\r\n${message}`,
  );
}
