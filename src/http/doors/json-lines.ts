// POST /insert/jsonline: JSON lines, with the parameters of VictoriaLogs.
import type { Gateway, Route } from '../server/api.ts';
import { type PushParts, receivePush } from './receive-push.ts';

/** Names of parameters that say what the fields of a record are. */
export const recordOptions = [
  '_stream_fields',
  '_msg_field',
  '_time_field',
  'ignore_fields',
  'extra_fields',
] as const;

export const jsonLinesRoutes = (gateway: Gateway, parts: PushParts): readonly Route[] => [
  {
    path: '/insert/jsonline',
    methods: { POST: 'push' },
    tenant: true,
    severalTenants: false,
    handle: receivePush(gateway, parts, { format: 'jsonline', options: recordOptions }),
  },
];
