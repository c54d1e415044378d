// /loki/api/v1/tail without an upgrade: an event stream for those who ask for one, else the errors a client or a proxy
// sees before a WebSocket is there.

import { categorizeLabelsFlag, encodingFlags } from '../parameters/answer-form.ts';
import { parseParameters } from '../parameters/parameters.ts';
import { checkExpression } from '../parameters/query-checks.ts';
import type { Gateway, Route } from '../server/api.ts';
import { badRequest } from '../server/http-error.ts';
import { tailPaths, tailRequest } from './tail-request.ts';
import type { TailServer } from './tail-server.ts';

export function tailRoutes(gateway: Gateway, tails: TailServer): readonly Route[] {
  return tailPaths.map((path) => ({
    path,
    methods: { GET: 'query' },
    tenant: true,
    severalTenants: false,
    handle: {
      kind: 'raw',
      respond: async (request, response, tenant) => {
        const parameters = parseParameters((request.url ?? '').split('?').slice(1).join('?'));
        const parsed = await tailRequest(parameters, gateway.clock.nowNs());
        if (!(request.headers.accept ?? '').includes('text/event-stream'))
          throw badRequest(
            "Bad Request: tail needs a WebSocket; check the proxy's Upgrade and Connection headers. " +
              'With "Accept: text/event-stream" the frames come as server-sent events',
          );
        checkExpression(parsed.expr, gateway.limitsOf(tenant));
        const categorizeLabels = encodingFlags(request).includes(categorizeLabelsFlag);
        tails.stream(response, { path, tenant, request: parsed, categorizeLabels });
      },
    },
  }));
}
