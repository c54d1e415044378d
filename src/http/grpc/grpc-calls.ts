// Calls of gRPC: pushes, as Loki's and OTLP's clients make them, and the question whether we are there. Nothing is
// decoded on this thread.
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { PushFormat, PushResponse } from '../../ingest/client/ingest-service.ts';
import type { Access } from '../auth/access.ts';
import { handOver, overloaded } from '../doors/receive-push.ts';
import type { Gateway } from '../server/api.ts';
import { BodyAbortedError, BodyRefusedError } from '../server/collect-body.ts';
import { errorAnswer } from '../server/http-error.ts';
import type { RequestHead } from '../server/request-head.ts';
import type { HttpParts } from '../server/server-parts.ts';
import { codeOfHttp, GrpcError, grpcCode, statusHeaders } from './grpc-status.ts';
import { type MessageBounds, receiveMessage } from './receive-message.ts';

export type GrpcParts = Pick<HttpParts, 'authorize' | 'budget' | 'peers'>;

interface GrpcMethod {
  readonly access: Access;
  /** Undefined: its message is of no interest, and its answer always the same. */
  readonly format: PushFormat | undefined;
}

const methods: ReadonlyMap<string, GrpcMethod> = new Map([
  ['/logproto.Pusher/Push', { access: 'push', format: 'loki-grpc' }],
  ['/opentelemetry.proto.collector.logs.v1.LogsService/Export', { access: 'push', format: 'otlp' }],
  ['/grpc.health.v1.Health/Check', { access: 'ready', format: undefined }],
]);

const contentType = 'application/grpc';
const accepted = 'identity,gzip,deflate,snappy,zstd';
/** HealthCheckResponse: SERVING, or NOT_SERVING. */
const serving = Buffer.from([8, 1]);
const notServing = Buffer.from([8, 2]);
/** A HealthCheckRequest names a service. */
const healthBounds: MessageBounds = { bytesMax: 1024, timeoutMs: 10_000 };

/** Answers one stream; never rejects. */
export async function serveCall(
  gateway: Gateway,
  parts: GrpcParts,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): Promise<void> {
  // Streams that were cut have nobody to answer; those that listen hear of it.
  stream.on('error', (error) => gateway.logger.debug({ error }, 'a gRPC stream failed'));
  const { socket } = stream.session ?? {};
  if (socket === undefined) return;
  if (headers[':method'] !== 'POST' || headers['content-type']?.startsWith(contentType) !== true) {
    stream.respond({ ':status': 415 }, { endStream: true });
    return;
  }
  const path = headers[':path'] ?? '';
  const method = methods.get(path);
  const ended = observeCall(gateway, method === undefined ? 'other' : path);
  try {
    if (method === undefined) throw new GrpcError(grpcCode.unimplemented, `unknown method ${path}`);
    const message = await answerOf(gateway, parts, {
      stream,
      path,
      method,
      head: { method: 'POST', headers, socket },
    });
    ended(stream.destroyed ? 'cancel' : 'success');
    sendMessage(stream, message);
  } catch (error) {
    if (error instanceof BodyAbortedError) {
      ended('cancel');
      return;
    }
    ended('error');
    sendError(stream, grpcError(gateway, error));
  }
}

interface Call {
  readonly stream: ServerHttp2Stream;
  readonly path: string;
  readonly method: GrpcMethod;
  readonly head: RequestHead;
}

/** The answer's message. Rejects with the reason why there is none. */
async function answerOf(
  gateway: Gateway,
  { authorize, budget, peers }: GrpcParts,
  { stream, path, method, head }: Call,
): Promise<Uint8Array> {
  const peer = peers.ofRequest(head);
  const headPlace = budget.queries.enter('', peer);
  stream.once('close', () => headPlace.end());
  if (!headPlace.take(headBytes(head))) throw new BodyRefusedError('no room for the head');
  const { access, format } = method;
  const tenant = await authorize(head, { path, access, tenant: format !== undefined, severalTenants: false });
  headPlace.arrived();
  if (format === undefined) {
    await receiveMessage(stream, headPlace, healthBounds);
    return gateway.operations.notReady() === undefined ? serving : notServing;
  }
  const { settings, metrics } = gateway;
  const place = budget.pushes.enter(tenant, peer);
  try {
    const bounds = { bytesMax: settings.pushBodyBytesMax, timeoutMs: settings.requestTimeoutMs };
    const { bytes, isCompressed } = await receiveMessage(stream, place, bounds);
    place.handOver();
    const encoding = isCompressed ? encodingOf(head) : undefined;
    return messageOf(
      await handOver(gateway, head, {
        ...{ tenant, format, body: bytes, options: {} },
        ...{ contentType: 'application/x-protobuf', contentEncoding: encoding },
      }),
    );
  } catch (error) {
    if (!(error instanceof BodyRefusedError)) throw error;
    metrics.pushOverload.inc();
    return messageOf(overloaded(settings.pushBytesInFlightMax));
  } finally {
    place.end();
  }
}

const headBytes = ({ headers }: RequestHead): number =>
  Object.entries(headers).reduce((bytes, [name, value]) => bytes + name.length + String(value).length, 0);

function encodingOf({ headers }: RequestHead): string {
  const name = String(headers['grpc-encoding'] ?? '');
  if (name !== '' && name !== 'identity') return name;
  throw new GrpcError(grpcCode.internal, 'the message is compressed, and grpc-encoding does not say how');
}

/** Throws GrpcError for an answer that is an error. */
function messageOf({ status, message, body, retryAfterSeconds }: PushResponse): Uint8Array {
  const code = codeOfHttp(status);
  if (code === grpcCode.ok) return body ?? Buffer.alloc(0);
  throw new GrpcError(code, message, retryAfterSeconds);
}

function grpcError({ metrics, logger }: Gateway, error: unknown): GrpcError {
  if (error instanceof GrpcError) return error;
  if (error instanceof BodyRefusedError)
    return new GrpcError(grpcCode.unavailable, 'too many calls under way, try again later', 1);
  const { status, message, unexpected } = errorAnswer(error);
  if (unexpected) {
    metrics.panics.inc();
    logger.error({ error }, 'a gRPC call failed');
  }
  return new GrpcError(codeOfHttp(status), message);
}

function sendMessage(stream: ServerHttp2Stream, message: Uint8Array): void {
  if (stream.destroyed || stream.closed) return;
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  stream.respond(
    { ':status': 200, 'content-type': contentType, 'grpc-accept-encoding': accepted },
    { waitForTrailers: true },
  );
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(Buffer.concat([prefix, message]));
}

function sendError(stream: ServerHttp2Stream, error: GrpcError): void {
  if (stream.destroyed || stream.closed) return;
  stream.respond(
    {
      ...{ ':status': 200, 'content-type': contentType, 'grpc-accept-encoding': accepted },
      ...statusHeaders(error),
    },
    { endStream: true },
  );
  // What still comes of the message is for nobody.
  stream.resume();
  stream.close();
}

type CallOutcome = 'success' | 'error' | 'cancel';

/** Starts the clock of a call; the names of Loki's own metrics. */
function observeCall({ metrics }: Gateway, route: string): (outcome: CallOutcome) => void {
  const startMs = performance.now();
  const labels = { method: 'gRPC', route };
  metrics.inflightRequests.inc(labels);
  return (outcome) => {
    metrics.inflightRequests.dec(labels);
    metrics.requestDuration.observe(
      { ...labels, status_code: outcome, ws: 'false' },
      (performance.now() - startMs) / 1000,
    );
  };
}
