// A push of any way in: collect the body, hand it to ingest, send its answer. Nothing is decoded on this thread.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PushFormat, PushRequest, PushResponse } from '../../ingest/client/ingest-service.ts';
import { parameter, parseParameters } from '../parameters/parameters.ts';
import { type Gateway, type RawHandler, textType } from '../server/api.ts';
import type { BytePlace } from '../server/byte-room.ts';
import {
  announcedBytes,
  BodyAbortedError,
  BodyRefusedError,
  BodyTooLargeError,
  collectBody,
} from '../server/collect-body.ts';
import { endAnswer } from '../server/end-answer.ts';
import type { RequestHead } from '../server/request-head.ts';
import type { HttpParts } from '../server/server-parts.ts';

const retryAfterSeconds = 1;

export interface PushReception {
  readonly format: PushFormat;
  /** Names of the parameters that the format's door reads. `{name}` parts of the path are such, too. */
  readonly options?: readonly string[];
  /** Of each answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

export type PushParts = Pick<HttpParts, 'budget' | 'peers'>;

export function receivePush(
  gateway: Gateway,
  { budget, peers }: PushParts,
  { format, options = [], headers = {} }: PushReception,
): RawHandler {
  return {
    kind: 'raw',
    respond: async (request, response, tenant) => {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      const chosen = optionsOf(request, options);
      const place = budget.pushes.enter(tenant, peers.ofRequest(request));
      try {
        const body = await arrivedBody(gateway, request, response, place);
        if (body === undefined) return;
        place.handOver();
        const { 'content-type': contentType, 'content-encoding': contentEncoding } = request.headers;
        const push = { tenant, format, body, options: chosen, contentType, contentEncoding };
        sendPushAnswer(response, await handOver(gateway, request, push));
      } finally {
        place.end();
      }
    },
  };
}

/** `_stream_fields` is also the header `VL-Stream-Fields`; a parameter goes before it. Throws HttpError 400. */
function optionsOf(request: IncomingMessage, names: readonly string[]): Readonly<Record<string, string>> {
  if (names.length === 0) return {};
  const { url = '', headers } = request;
  const at = url.indexOf('?');
  const parameters = parseParameters(at < 0 ? '' : url.slice(at + 1));
  const inPath = (request as { readonly params?: Readonly<Record<string, string>> }).params ?? {};
  const options: Record<string, string> = {};
  for (const name of names) {
    const header = headers[`vl-${name.replace(/^_/, '').replaceAll('_', '-')}`];
    const value = inPath[name] ?? (parameter(parameters, name) || String(header ?? ''));
    if (value !== '') options[name] = value;
  }
  return options;
}

/** The whole body; undefined when it was refused, which is answered, or its sender has gone. */
async function arrivedBody(
  { settings, metrics }: Gateway,
  request: IncomingMessage,
  response: ServerResponse,
  place: BytePlace,
): Promise<ArrayBuffer | undefined> {
  const refuse = (answer: PushResponse): undefined => {
    sendPushAnswer(response, answer);
  };
  const refuseForNow = (): undefined => {
    metrics.pushOverload.inc();
    return refuse(overloaded(settings.pushBytesInFlightMax));
  };
  if (!place.admits(announcedBytes(request) ?? 0)) return refuseForNow();
  try {
    return await collectBody(request, settings.pushBodyBytesMax, place);
  } catch (error) {
    if (error instanceof BodyAbortedError) return undefined;
    if (error instanceof BodyRefusedError) return refuseForNow();
    if (error instanceof BodyTooLargeError) return refuse({ status: 413, message: error.message });
    throw error;
  }
}

/** The answer to a push that has wholly come, once it is durable. Never rejects. */
export async function handOver(
  { ingest, logger }: Gateway,
  { headers, socket }: RequestHead,
  push: Omit<PushRequest, 'sender' | 'userAgent' | 'idempotencyKey'>,
): Promise<PushResponse> {
  try {
    return await ingest.push({
      ...push,
      sender: socket.remoteAddress ?? '',
      contentType: beginning(push.contentType),
      contentEncoding: beginning(push.contentEncoding),
      userAgent: beginning(headers['user-agent']),
      idempotencyKey: keyOf(headers['idempotency-key']),
    });
  } catch (error) {
    logger.error({ error }, 'push failed');
    return unavailable;
  }
}

/** What is longer is none that we know, and comes back in errors. */
const headerCharactersMax = 1024;
const beginning = (header: string | undefined): string | undefined => header?.slice(0, headerCharactersMax);

/** An empty one is none. */
const keyOf = (header: string | readonly string[] | undefined): string | undefined =>
  String(header ?? '') || undefined;

export const overloaded = (bytesMax: number): PushResponse => ({
  status: 429,
  message: `too many bytes of pushes in flight (limit: ${bytesMax} bytes), try again later`,
  retryAfterSeconds,
});

const unavailable: PushResponse = {
  status: 503,
  message: 'ingest is not available, try again later',
  retryAfterSeconds,
};

export function sendPushAnswer(response: ServerResponse, answer: PushResponse): void {
  response.statusCode = answer.status;
  if (answer.retryAfterSeconds !== undefined) response.setHeader('Retry-After', answer.retryAfterSeconds);
  if (answer.body !== undefined) {
    if (answer.contentType !== undefined) response.setHeader('Content-Type', answer.contentType);
    endAnswer(response, answer.body);
  } else if (answer.message !== '') {
    response.setHeader('Content-Type', textType);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    endAnswer(response, `${answer.message}\n`);
  } else {
    endAnswer(response);
  }
}
