// Splunk's HTTP event collector.
import { answering, type Gateway, jsonType, type Route } from '../server/api.ts';
import { type PushParts, receivePush } from './receive-push.ts';

const base = '/services/collector';
const options = ['host', 'source', 'sourcetype', 'index'];

const paths = [
  [base, 'splunk-event'],
  [`${base}/event`, 'splunk-event'],
  [`${base}/event/1.0`, 'splunk-event'],
  [`${base}/raw`, 'splunk-raw'],
  [`${base}/raw/1.0`, 'splunk-raw'],
] as const;

export const splunkRoutes = (gateway: Gateway, parts: PushParts): readonly Route[] => [
  ...paths.map(
    ([path, format]): Route => ({
      path,
      methods: { POST: 'push' },
      tenant: true,
      severalTenants: false,
      handle: receivePush(gateway, parts, { format, options }),
    }),
  ),
  ...[`${base}/health`, `${base}/health/1.0`].map(
    (path): Route => ({
      path,
      methods: { GET: 'push' },
      tenant: false,
      handle: answering(() => {
        const isReady = gateway.operations.notReady() === undefined;
        return isReady
          ? { contentType: jsonType, body: '{"text":"HEC is healthy","code":17}' }
          : { status: 503, contentType: jsonType, body: '{"text":"HEC is unhealthy","code":18}' };
      }),
    }),
  ),
];
