// GET /api/openapi.json: every route; the plain API with its schemas.
import { z } from 'zod';
import { type Access, demands } from '../auth/access.ts';
import { answering, type Gateway, jsonType, type Route } from '../server/api.ts';
import { logsAnswer } from './logs.ts';
import { logsParameters, streamParameters } from './logs-parameters.ts';
import { plainEntry } from './plain-entry.ts';

export const openApiPath = '/api/openapi.json';

/** `routes` are all the others. */
export function openApiRoutes({ settings, build }: Gateway, routes: readonly Route[]): readonly Route[] {
  const route: Route = {
    path: openApiPath,
    methods: { GET: 'any' },
    tenant: false,
    handle: answering(() => ({
      contentType: jsonType,
      body: JSON.stringify(
        openApiDocument([...routes, route], { version: build.version, pathPrefix: settings.pathPrefix }),
      ),
    })),
  };
  return [route];
}

interface PlainOperation {
  readonly summary: string;
  readonly parameters: z.ZodObject;
  readonly contentType: string;
  readonly answer: z.ZodType;
}

const logsOperation: PlainOperation = {
  summary: 'Entries, newest first, page by page',
  parameters: logsParameters,
  contentType: 'application/json',
  answer: logsAnswer,
};

/** Path → what is more to say than its name. */
const plainOperations: Readonly<Record<string, PlainOperation>> = {
  '/api/logs': logsOperation,
  '/api/logs/{source}': {
    ...logsOperation,
    summary: 'Entries of one source, newest first, page by page',
    parameters: logsParameters.omit({ source: true }),
  },
  '/api/logs/stream': {
    summary: 'Entries as they come, as server-sent events',
    parameters: streamParameters,
    contentType: 'text/event-stream',
    answer: plainEntry,
  },
};

/** OpenAPI 3.1. */
export function openApiDocument(
  routes: readonly Route[],
  { version, pathPrefix }: { readonly version: string; readonly pathPrefix: string },
): object {
  const paths = routes.map((route) => [
    route.path,
    Object.fromEntries(
      Object.entries(route.methods).map(([method, access]) => [
        method.toLowerCase(),
        operation(route, access),
      ]),
    ),
  ]);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Skald',
      version,
      description: 'A log gateway. Routes under /loki, /api/prom and /otlp speak the API of Grafana Loki.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: pathPrefix === '' ? '/' : pathPrefix }],
    paths: Object.fromEntries(paths),
    components: {
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic' },
        bearer: { type: 'http', scheme: 'bearer' },
      },
    },
  };
}

const openAccess: ReadonlySet<Access> = new Set(['open', 'ready', 'metrics']);

function operation(route: Route, access: Access): object {
  const plain = plainOperations[route.path];
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const tenant = { name: 'X-Scope-OrgID', in: 'header', required: false, schema: { type: 'string' } };
  return {
    ...(plain && { summary: plain.summary }),
    parameters: [
      ...inPath,
      ...(plain ? queryParameters(plain.parameters) : []),
      ...(route.tenant ? [tenant] : []),
    ],
    responses: {
      default: { description: 'What it was asked for, or an error as text' },
      ...(plain && {
        200: {
          description: plain.summary,
          content: { [plain.contentType]: { schema: jsonSchema(plain.answer) } },
        },
      }),
    },
    security: openAccess.has(access) ? [] : [{}, { basic: [] }, { bearer: [] }],
    'x-scope': demands[access].scope ?? access,
  };
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, { readonly description?: string }>>;
}

function jsonSchema(type: z.ZodType): ObjectSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(type);
  return schema as ObjectSchema;
}

function queryParameters(type: z.ZodObject): readonly object[] {
  return Object.entries(jsonSchema(type).properties ?? {}).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: false,
    ...(description !== undefined && { description }),
    schema,
  }));
}
