// Elasticsearch's bulk, and what its shippers look at before they send: version, license, and templates, policies and
// pipelines, which they set up where there are none. All of those are there, and none of them does anything.
import { type Answer, answering, type Gateway, jsonType, type Route, textType } from '../server/api.ts';
import { recordOptions } from './json-lines.ts';
import { type PushParts, receivePush } from './receive-push.ts';

const base = '/elasticsearch';
/** Clients of Elasticsearch 7.14 and later talk to nobody who does not say it. */
const headers = { 'X-Elastic-Product': 'Elasticsearch' };
/** Shippers send what they know this version to take. */
const version = '8.19.0';

const license = { status: 'active', type: 'basic', mode: 'basic' };

/** Shippers set up what they need before they send; their credentials may do no more. */
const forPush = { GET: 'push', PUT: 'push' } as const;

const answers: readonly (readonly [path: string, methods: Route['methods'], body: object])[] = [
  ...['', '/'].map(
    (path) =>
      [
        path,
        { GET: 'push' },
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
  ['/_license', { GET: 'push' }, { license: { ...license, uid: 'skald' } }],
  ['/_xpack', { GET: 'push' }, { license, features: { ilm: { available: true, enabled: true } } }],
  ['/_cluster/health', { GET: 'push' }, { cluster_name: 'skald', status: 'green', number_of_nodes: 1 }],
  ['/_ilm/policy/{name}', forPush, { acknowledged: true }],
  ['/_template/{name}', forPush, { acknowledged: true }],
  ['/_index_template/{name}', forPush, { acknowledged: true }],
  ['/_component_template/{name}', forPush, { acknowledged: true }],
  ['/_ingest/pipeline/{name}', forPush, { acknowledged: true }],
  ['/_data_stream/{name}', forPush, { acknowledged: true }],
  ['/_alias/{name}', { GET: 'push' }, {}],
  ['/{index}', forPush, { acknowledged: true }],
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
      methods: { GET: 'push' },
      tenant: false,
      handle: answering((): Answer => ({ contentType: textType, body: 'skald green\n', headers })),
    },
    ...['/_bulk', '/{index}/_bulk'].map(
      (path): Route => ({
        path: base + path,
        methods: { POST: 'push', PUT: 'push' },
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
