// The Express application: one entry per path of the route table, 404 and 405, parameters, errors, metrics.
import compression from 'compression';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { observeRequest } from '../metrics/request-metrics.ts';
import { parameter, parseParameters } from '../parameters/parameters.ts';
import { tightenLimits } from '../parameters/query-limits-header.ts';
import type { Call, Gateway, Method, Route } from './api.ts';
import type { BytePlace } from './byte-room.ts';
import {
  BodyAbortedError,
  BodyRefusedError,
  BodyTimeoutError,
  BodyTooLargeError,
  collectBody,
  collectForm,
} from './collect-body.ts';
import { endAnswer } from './end-answer.ts';
import { checkHead, checkHost, headBytes } from './head-bounds.ts';
import { errorAnswer, HttpError, retrySoon } from './http-error.ts';
import { currentRecord, type RequestRecord, recorded } from './request-record.ts';
import { redirectOf } from './request-target.ts';
import { allRoutes } from './routes.ts';
import { sendAnswer, sendError } from './send-answer.ts';
import type { HttpParts } from './server-parts.ts';

/** Smaller answers are not worth compressing. */
const compressionBytesMin = 1024;
/** zlib's fastest: answers are repetitive text and the client is near. */
const compressionLevel = 1;

export function createApp(gateway: Gateway, parts: HttpParts): Express {
  const app = express();
  for (const name of ['x-powered-by', 'etag', 'query parser'] as const) app.set(name, false);
  app.enable('strict routing');
  app.enable('case sensitive routing');
  app.use(closeWithConnection);
  app.use((request, _response, next) => {
    checkHost(request);
    next();
  });
  app.use(redirectToClean);
  app.use(compression({ threshold: compressionBytesMin, level: compressionLevel }));

  const { pathPrefix } = gateway.settings;
  const { logger } = gateway;
  for (const route of allRoutes(gateway, parts)) {
    const path = pathPrefix + route.path.replace(/\{(\w+)\}/g, ':$1');
    app.all(path, (request, response) =>
      recorded(logger, request, response, (record) =>
        serveRoute({ gateway, parts, record }, route, request, response),
      ),
    );
  }
  app.use((request, response) => {
    observeRequest(gateway.metrics, 'other', request, response);
    notFound(response);
  });
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    fail(gateway, error, request, response);
  });
  return app;
}

/**
 * Of requests sent one after the other on one connection only the first has a response that Node closes with it: the
 * others would run on for nobody and stay counted as under way.
 */
function closeWithConnection(request: Request, response: Response, next: NextFunction): void {
  request.once('aborted', () => {
    if (response.socket === null) response.emit('close');
  });
  next();
}

function redirectToClean(request: Request, response: Response, next: NextFunction): void {
  const location = redirectOf(request);
  if (location === undefined) next();
  else response.writeHead(301, { location }).end();
}

const notFoundText = '404 page not found\n';

function notFound(response: Response): void {
  sendError(response, errorAnswer(new HttpError(404, notFoundText)));
}

interface Serving {
  readonly gateway: Gateway;
  readonly parts: HttpParts;
  readonly record: RequestRecord;
}

async function serveRoute(
  { gateway, parts, record }: Serving,
  route: Route,
  request: Request,
  response: Response,
): Promise<void> {
  // HEAD is GET without the body, which Node leaves out.
  const method = (request.method === 'HEAD' ? 'GET' : request.method) as Method;
  // Methods that a route does not have are counted like paths that are not there: each would be a series of its own.
  const access = route.methods[method];
  observeRequest(gateway.metrics, access === undefined ? 'other' : route.path, request, response);
  if (route.absentMethods?.includes(method)) return notFound(response);
  if (route.slashesInNames !== true && /%2f/i.test(request.path)) return notFound(response);
  if (access === undefined) {
    response.statusCode = 405;
    response.setHeader('Allow', allowedMethods(route));
    endAnswer(response);
    return;
  }
  const place = parts.budget.queries.enter('', parts.peers.ofRequest(request));
  response.once('close', () => place.end());
  try {
    checkHead(request);
    if (!place.take(headBytes(request))) throw new BodyRefusedError('no room for the head');
    const { path, tenant: needed, severalTenants = true } = route;
    const tenant = await parts.authorize(request, { path, access, tenant: needed, severalTenants });
    record.tenant = tenant;
    if (route.handle.kind === 'raw') {
      place.arrived();
      return await route.handle.respond(request, response, tenant);
    }
    const call = await readCall(gateway, { request, response, place }, { method, tenant, route });
    record.query = parameter(call.parameters, 'query');
    const stallTimeoutMs = gateway.settings.requestTimeoutMs;
    return await sendAnswer(response, await route.handle.answer(call), { stallTimeoutMs });
  } catch (error) {
    fail(gateway, error, request, response);
  }
}

const allowedMethods = ({ methods }: Route): string =>
  Object.keys(methods)
    .flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    .join(', ');

interface Exchange {
  readonly request: Request;
  readonly response: Response;
  readonly place: BytePlace;
}

async function readCall(
  { settings, limitsOf, clock }: Gateway,
  { request, response, place }: Exchange,
  { method, tenant, route }: Pick<Call, 'method' | 'tenant'> & { readonly route: Route },
): Promise<Call> {
  const abort = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) abort.abort();
  });
  const query = request.url.slice(request.path.length + 1);
  const bounds = { formBytesMax: settings.formBytesMax, timeoutMs: settings.headTimeoutMs };
  const { bodyBytesMax } = route;
  const isPost = method === 'POST';
  const body =
    isPost && bodyBytesMax !== undefined
      ? await collectBody(request, bodyBytesMax, place, bounds.timeoutMs)
      : undefined;
  const form = isPost && body === undefined ? await collectForm(request, bounds, place) : undefined;
  place.arrived();
  const header = request.headers['x-loki-query-limits'];
  return {
    request,
    method,
    tenant,
    parameters: parseParameters(query, form),
    path: request.params as Record<string, string>,
    body,
    limits: tightenLimits(limitsOf(tenant), Array.isArray(header) ? header[0] : header),
    signal: abort.signal,
    nowNs: clock.nowNs(),
  };
}

function fail(gateway: Gateway, error: unknown, request: Request, response: Response): void {
  if (error instanceof BodyAbortedError) return;
  // Express reports an undecodable path parameter this way.
  const refusal = error instanceof URIError ? new HttpError(400, error.message) : refusedBody(error);
  const answer = errorAnswer(refusal ?? error);
  if (answer.unexpected) {
    gateway.metrics.panics.inc();
    gateway.logger.error(
      { error, requestId: currentRecord()?.id, method: request.method, path: request.path },
      'request failed',
    );
  }
  sendError(response, answer);
}

/** The answer to a body that was not read to its end; undefined for other errors. */
function refusedBody(error: unknown): HttpError | undefined {
  if (error instanceof BodyTooLargeError) return new HttpError(413, error.message);
  if (error instanceof BodyTimeoutError) return new HttpError(408, error.message);
  if (error instanceof BodyRefusedError)
    return new HttpError(503, 'too many bytes of queries in flight, try again later', retrySoon);
  return undefined;
}
