// The ruler's API: groups to be read and changed, what alerts became, and whether receivers can be told of them. Its thread
// reads and writes all bodies.
import type { RulerAnswer } from '../../ruler/ruler-protocol.ts';
import { ruleTextBytesMax } from '../../ruler/settings.ts';
import { quoteEcho } from '../encode/echo.ts';
import { parameter } from '../parameters/parameters.ts';
import { answering, type Call, type Gateway, type Route } from '../server/api.ts';
import { badRequest } from '../server/http-error.ts';

export function ruleRoutes({ rules }: Gateway): readonly Route[] {
  const route = (
    path: string,
    methods: Route['methods'],
    ask: (call: Call) => Promise<RulerAnswer>,
  ): Route => ({
    path,
    methods,
    tenant: true,
    severalTenants: false,
    slashesInNames: true,
    ...(methods.POST !== undefined && { bodyBytesMax: ruleTextBytesMax }),
    handle: answering((call) => ask(call)),
  });
  const editing = ['/loki/api/v1/rules', '/api/prom/rules'].flatMap((base) => [
    route(base, { GET: 'query' }, ({ tenant, parameters }) =>
      rules.list(tenant, undefined, parameter(parameters, 'labels')),
    ),
    route(`${base}/{namespace}`, { GET: 'query', POST: 'admin', DELETE: 'admin' }, (call) => {
      const { tenant, body, parameters } = call;
      const namespace = nameOf(call, 'namespace');
      if (body !== undefined)
        return isDryRun(parameter(parameters, 'dry_run'))
          ? rules.tryGroup(tenant, body)
          : rules.setGroup(tenant, namespace, body);
      if (call.method === 'DELETE') return rules.deleteNamespace({ tenant, namespace });
      return rules.list(tenant, namespace, parameter(parameters, 'labels'));
    }),
    route(`${base}/{namespace}/{groupname}`, { GET: 'query', DELETE: 'admin' }, (call) => {
      const path = {
        tenant: call.tenant,
        namespace: nameOf(call, 'namespace'),
        group: nameOf(call, 'groupname'),
      };
      return call.method === 'DELETE' ? rules.deleteGroup(path) : rules.group(path);
    }),
  ]);
  return [
    ...editing,
    {
      path: '/api/rules/history',
      methods: { GET: 'query' },
      tenant: true,
      severalTenants: false,
      handle: answering(({ tenant, parameters }) => rules.history(tenant, parameters)),
    },
    {
      path: '/api/rules/notify-test',
      methods: { POST: 'admin' },
      tenant: true,
      severalTenants: false,
      handle: answering(({ tenant, parameters }) =>
        rules.notifyTest(tenant, parameter(parameters, 'receiver') || undefined),
      ),
    },
  ];
}

/** Throws HttpError 400. */
function isDryRun(text: string): boolean {
  if (['', '0', 'false'].includes(text)) return false;
  if (text === '1' || text === 'true') return true;
  throw badRequest(`invalid dry_run ${quoteEcho(text)}: expected true or false`);
}

/** Decoded once; a slash may have been escaped twice, as other rulers want it. */
const nameOf = ({ path }: Call, name: 'namespace' | 'groupname'): string =>
  (path[name] ?? '').replace(/%2f/gi, '/');
