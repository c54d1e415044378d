// What Datadog's agent and libraries ask: logs, and whether their key is good.
import { answering, type Gateway, jsonType, type Route } from '../server/api.ts';
import { type PushParts, receivePush } from './receive-push.ts';

export const datadogRoutes = (gateway: Gateway, parts: PushParts): readonly Route[] => [
  {
    path: '/api/v2/logs',
    methods: { POST: 'push' },
    tenant: true,
    severalTenants: false,
    handle: receivePush(gateway, parts, {
      format: 'datadog',
      options: ['ddsource', 'ddtags', 'hostname', 'service'],
    }),
  },
  {
    path: '/api/v1/validate',
    methods: { GET: 'push' },
    tenant: false,
    handle: answering(() => ({ contentType: jsonType, body: '{"valid":true}' })),
  },
];
