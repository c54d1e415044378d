// Routes for operators and probes: readiness, metrics, configuration, services, log level, flush, ring pages.

import { quoteEcho } from '../encode/echo.ts';
import { parameter } from '../parameters/parameters.ts';
import {
  type Answer,
  answering,
  type Call,
  type Gateway,
  type Handler,
  type Route,
  textType,
} from '../server/api.ts';
import { badRequest } from '../server/http-error.ts';

const jsonType = 'application/json; charset=utf-8';
const htmlType = 'text/html; charset=utf-8';

/** Pages of a cluster's parts. One process has no rings; the pages say so instead of being absent. */
const ringPaths = ['/ring', '/distributor/ring', '/compactor/ring', '/ruler/ring', '/memberlist'];

export function operationsRoutes(gateway: Gateway): readonly Route[] {
  const { operations } = gateway;
  const route = (path: string, methods: Route['methods'], answer: Handler['answer']): Route => ({
    path,
    methods,
    tenant: false,
    handle: answering(answer),
  });
  return [
    route('/ready', { GET: 'ready' }, () => ready(gateway)),
    route('/metrics', { GET: 'metrics' }, async () => ({
      contentType: gateway.metrics.registry.contentType,
      body: await gateway.metrics.registry.metrics(),
    })),
    route('/config', { GET: 'operate' }, async (call) => ({
      contentType: textType,
      body: await configText(gateway, call),
    })),
    route('/runtime_config', { GET: 'operate' }, () => ({
      contentType: textType,
      body: operations.overridesYaml(),
    })),
    route('/services', { GET: 'operate' }, () => ({ contentType: textType, body: servicesText(gateway) })),
    route('/log_level', { GET: 'operate', POST: 'operate' }, (call) => logLevel(gateway, call)),
    // Not GET, which any page may have a browser send as an image.
    route('/flush', { POST: 'operate' }, async () => {
      await operations.flush();
      return { status: 204 };
    }),
    ...ringPaths.map((path) =>
      route(path, { GET: 'operate' }, () => ({
        contentType: htmlType,
        body: '<!doctype html><title>Skald</title><p>One process: there is no ring.</p>\n',
      })),
    ),
  ];
}

/** `mode`: diff, defaults, or overrides; none: all. Rejects with HttpError 400. */
async function configText({ operations }: Gateway, { parameters }: Call): Promise<string> {
  const mode = parameter(parameters, 'mode');
  switch (mode) {
    case '':
      return operations.configYaml('all');
    case 'diff':
    case 'defaults':
      return operations.configYaml(mode);
    case 'overrides':
      return operations.overridesYaml();
    default:
      throw badRequest(`unknown mode ${quoteEcho(mode)}: expected diff, defaults or overrides`);
  }
}

function ready({ operations }: Gateway): Answer {
  const reason = operations.notReady();
  return reason === undefined
    ? { contentType: textType, body: 'ready\n' }
    : { status: 503, contentType: textType, body: `${reason}\n` };
}

const servicesText = ({ operations }: Gateway): string =>
  operations
    .services()
    .map(([name, state]) => `${name} => ${state}\n`)
    .join('');

function logLevel({ operations }: Gateway, { method, parameters }: Call): Answer {
  const json = (status: number, value: unknown): Answer => ({
    status,
    contentType: jsonType,
    body: JSON.stringify(value),
  });
  if (method === 'GET') return json(200, { message: `Current log level is ${operations.logLevel()}` });
  const level = parameter(parameters, 'log_level');
  return operations.setLogLevel(level)
    ? json(200, { status: 'success', message: `Log level set to ${level}` })
    : json(400, { status: 'failed', message: `unrecognized log level "${level}"` });
}
