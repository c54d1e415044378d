// What the parts of the HTTP server share, made once for each server.
import type { Gateway } from './api.ts';
import { type Authorize, authorizer } from './authorize.ts';
import { ByteBudget } from './byte-budget.ts';
import { type Peers, peersBehind } from './peers.ts';
import { createTailServer, type TailServer } from './tail-server.ts';

export interface HttpParts {
  readonly peers: Peers;
  readonly budget: ByteBudget;
  readonly authorize: Authorize;
  readonly tails: TailServer;
}

export type RouteParts = Pick<HttpParts, 'peers' | 'budget' | 'tails'>;

export function httpParts(gateway: Gateway): HttpParts {
  const { settings, metrics, ingest } = gateway;
  const peers = peersBehind(settings.trustedProxies);
  const budget = new ByteBudget({
    pushBytesMax: settings.pushBytesInFlightMax,
    ingestBytes: () => ingest.bytesInFlight(),
    queryBytesMax: settings.queryBytesInFlightMax,
    isShared: settings.authEnabled,
  });
  const authorize = authorizer(settings, metrics);
  return { peers, budget, authorize, tails: createTailServer(gateway, { authorize, peers }) };
}
