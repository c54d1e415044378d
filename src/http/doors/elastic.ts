// Elasticsearch's bulk, and what its shippers look at before they send: version, license, and templates, policies and
// pipelines, which they set up where there are none. All of those are there, and none of them does anything.
import {
  type Answer,
  answering,
  type Gateway,
  jsonType,
  type Method,
  type Route,
  textType,
} from '../server/api.ts';
import { recordOptions } from './json-lines.ts';
import { type PushParts, receivePush } from './receive-push.ts';

const base = '/elasticsearch';
/** Clients of Elasticsearch 7.14 and later talk to nobody who does not say it. */
const headers = { 'X-Elastic-Product': 'Elasticsearch' };
/** Shippers send what they know this version to take. */
const version = '8.19.0';

const license = { status: 'active', type: 'basic', mode: 'basic' };

const answers: readonly (readonly [path: string, methods: readonly Method[], body: object])[] = [
  ...['', '/'].map(
    (path) =>
      [
        path,
        ['GET'],
        {
          name: 'skald',
          cluster_name: 'skald',
          cluster_uuid: 'skald',
          version: {
            number: version,
            build_flavor: 'default',
            build_type: 'tar',
            minimum_wire_compatibility_version: '7.17.0',
            minimum_index_compatibility_version: '7.0.0',
          },
          tagline: 'You Know, for Search',
        },
      ] as const,
  ),
  ['/_license', ['GET'], { license: { ...license, uid: 'skald' } }],
  ['/_xpack', ['GET'], { license, features: { ilm: { available: true, enabled: true } } }],
  ['/_cluster/health', ['GET'], { cluster_name: 'skald', status: 'green', number_of_nodes: 1 }],
  ['/_ilm/policy/{name}', ['GET', 'PUT'], { acknowledged: true }],
  ['/_template/{name}', ['GET', 'PUT'], { acknowledged: true }],
  ['/_index_template/{name}', ['GET', 'PUT'], { acknowledged: true }],
  ['/_component_template/{name}', ['GET', 'PUT'], { acknowledged: true }],
  ['/_ingest/pipeline/{name}', ['GET', 'PUT'], { acknowledged: true }],
  ['/_data_stream/{name}', ['GET', 'PUT'], { acknowledged: true }],
  ['/_alias/{name}', ['GET'], {}],
  ['/{index}', ['GET', 'PUT'], { acknowledged: true }],
];

export function elasticRoutes(gateway: Gateway, parts: PushParts): readonly Route[] {
  const bulk = receivePush(gateway, parts, {
    format: 'elasticsearch',
    options: ['index', ...recordOptions],
    headers,
  });
  return [
    {
      // What rsyslog asks before it sends.
      path: `${base}/_cat/health`,
      methods: ['GET'],
      tenant: false,
      handle: answering((): Answer => ({ contentType: textType, body: 'skald green\n', headers })),
    },
    ...['/_bulk', '/{index}/_bulk'].map(
      (path): Route => ({
        path: base + path,
        methods: ['POST', 'PUT'],
        tenant: true,
        severalTenants: false,
        handle: bulk,
      }),
    ),
    ...answers.map(
      ([path, methods, body]): Route => ({
        path: base + path,
        methods,
        tenant: false,
        handle: answering((): Answer => ({ contentType: jsonType, body: JSON.stringify(body), headers })),
      }),
    ),
  ];
}
