// The Express application: one entry per path of the route table, 404 and 405, parameters, errors, metrics.
import compression from 'compression';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Call, Gateway, Method, Route } from './api.ts';
import type { Authorize } from './authorize.ts';
import { BodyAbortedError, BodyTooLargeError, collectForm } from './collect-body.ts';
import { discardBody } from './discard-body.ts';
import { errorAnswer, HttpError } from './http-error.ts';
import { parameter, parseParameters } from './parameters.ts';
import { tightenLimits } from './query-limits-header.ts';
import { observeRequest } from './request-metrics.ts';
import { currentRecord, type RequestRecord, recorded } from './request-record.ts';
import { allRoutes } from './routes.ts';
import { sendAnswer, sendError } from './send-answer.ts';
import type { TailServer } from './tail-server.ts';

/** Smaller answers are not worth compressing. */
const compressionBytesMin = 1024;
/** zlib's fastest: answers are repetitive text and the client is near. */
const compressionLevel = 1;

export function createApp(gateway: Gateway, authorize: Authorize, tails: TailServer): Express {
  const app = express();
  for (const name of ['x-powered-by', 'etag', 'query parser'] as const) app.set(name, false);
  app.enable('strict routing');
  app.enable('case sensitive routing');
  app.use(closeWithConnection);
  app.use(cleanPath);
  app.use(compression({ threshold: compressionBytesMin, level: compressionLevel }));

  const { pathPrefix } = gateway.settings;
  const { logger } = gateway;
  for (const route of allRoutes(gateway, tails)) {
    const path = pathPrefix + route.path.replace(/\{(\w+)\}/g, ':$1');
    app.all(path, (request, response) =>
      recorded(logger, request, response, (record) =>
        serveRoute({ gateway, authorize, record }, route, request, response),
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
 * Of requests sent behind each other on one connection only the first has a response that Node closes with it: the
 * others would run on for nobody and stay counted as under way.
 */
function closeWithConnection(request: Request, response: Response, next: NextFunction): void {
  request.once('aborted', () => {
    if (response.socket === null) response.emit('close');
  });
  next();
}

const notFoundText = '404 page not found\n';

function notFound(response: Response): void {
  sendError(response, errorAnswer(new HttpError(404, notFoundText)));
}

/** Double slashes and dot segments are redirected to the clean path, as Go's routers do. */
function cleanPath(request: Request, response: Response, next: NextFunction): void {
  const [path = '', ...query] = request.url.split('?');
  if (!/\/\/|\/\.{1,2}(\/|$)/.test(path)) {
    next();
    return;
  }
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const clean = `/${kept.join('/')}${path.endsWith('/') && kept.length > 0 ? '/' : ''}`;
  response.statusCode = 301;
  response.setHeader('Location', query.length > 0 ? `${clean}?${query.join('?')}` : clean);
  response.end();
}

interface Serving {
  readonly gateway: Gateway;
  readonly authorize: Authorize;
  readonly record: RequestRecord;
}

async function serveRoute(
  { gateway, authorize, record }: Serving,
  route: Route,
  request: Request,
  response: Response,
): Promise<void> {
  const method = request.method as Method;
  // Methods that a route does not have are counted like paths that are not there: each would be a series of its own.
  observeRequest(gateway.metrics, route.methods.includes(method) ? route.path : 'other', request, response);
  if (route.absentMethods?.includes(method) || /%2f/i.test(request.path)) return notFound(response);
  if (!route.methods.includes(method)) {
    response.statusCode = 405;
    response.setHeader('Allow', route.methods.join(', '));
    response.end();
    return;
  }
  try {
    const { path, tenant: needed, severalTenants = true } = route;
    const tenant = await authorize(request, { path, tenant: needed, severalTenants });
    record.tenant = tenant;
    if (route.handle.kind === 'raw') return await route.handle.respond(request, response, tenant);
    const call = await readCall(gateway, request, response, tenant);
    record.query = parameter(call.parameters, 'query');
    const stallTimeoutMs = gateway.settings.requestTimeoutMs;
    return await sendAnswer(response, await route.handle.answer(call), { stallTimeoutMs });
  } catch (error) {
    fail(gateway, error, request, response);
  }
}

async function readCall(
  gateway: Gateway,
  request: Request,
  response: Response,
  tenant: string,
): Promise<Call> {
  const abort = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) abort.abort();
  });
  const query = request.url.slice(request.path.length + 1);
  const form =
    request.method === 'POST' ? await collectForm(request, gateway.settings.formBytesMax) : undefined;
  const header = request.headers['x-loki-query-limits'];
  return {
    request,
    tenant,
    parameters: parseParameters(query, form),
    path: request.params as Record<string, string>,
    limits: tightenLimits(gateway.limitsOf(tenant), Array.isArray(header) ? header[0] : header),
    signal: abort.signal,
    nowNs: gateway.clock.nowNs(),
  };
}

function fail(gateway: Gateway, error: unknown, request: Request, response: Response): void {
  if (error instanceof BodyAbortedError) return;
  if (error instanceof BodyTooLargeError) {
    discardBody(request, response);
    sendError(response, errorAnswer(new HttpError(413, error.message)));
    return;
  }
  // The body of a refused request is not read; its sender is.
  if (error instanceof HttpError && (error.status === 401 || error.status === 403) && hasBody(request))
    discardBody(request, response);
  // Express reports an undecodable path parameter this way.
  const answer = errorAnswer(error instanceof URIError ? new HttpError(400, error.message) : error);
  if (answer.unexpected) {
    gateway.metrics.panics.inc();
    gateway.logger.error(
      { error, requestId: currentRecord()?.id, method: request.method, path: request.path },
      'request failed',
    );
  }
  sendError(response, answer);
}

const hasBody = ({ headers }: Request): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
