// The ruler's read paths of a gateway without rules. Grafana shows "no rules" and, told that the store is local,
// offers no editing.

import { jsonLine } from '../encode/encode-json.ts';
import { type Answer, answering, type Route } from '../server/api.ts';
import { badRequest, HttpError } from '../server/http-error.ts';

const noGroups = (): Answer => {
  throw new HttpError(404, 'no rule groups found\n');
};
const readOnly = (call: string) => (): Answer => {
  throw badRequest(`${call} unsupported in rule local store\n`);
};

export function ruleRoutes(): readonly Route[] {
  const editing = ['/loki/api/v1/rules', '/api/prom/rules'].flatMap((base): Route[] => [
    { path: base, methods: ['GET'], tenant: true, handle: answering(noGroups) },
    {
      path: `${base}/{namespace}`,
      methods: ['GET', 'POST', 'DELETE'],
      tenant: true,
      handle: answering(({ method }) => (method === 'GET' ? noGroups() : readOnly('SetRuleGroup')())),
    },
    {
      path: `${base}/{namespace}/{groupname}`,
      methods: ['GET', 'DELETE'],
      tenant: true,
      handle: answering(readOnly('GetRuleGroup')),
    },
  ]);
  const none = (name: 'groups' | 'alerts') =>
    answering(() => jsonLine({ status: 'success', data: { [name]: [] }, errorType: '', error: '' }));
  return [
    ...editing,
    { path: '/prometheus/api/v1/rules', methods: ['GET'], tenant: true, handle: none('groups') },
    { path: '/prometheus/api/v1/alerts', methods: ['GET'], tenant: true, handle: none('alerts') },
  ];
}
