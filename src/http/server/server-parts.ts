// What the parts of the HTTP server share, made once for each server.

import { type Authenticate, authenticator } from '../auth/authenticate.ts';
import { type Authorize, authorizer } from '../auth/authorize.ts';
import { PasswordChecks } from '../auth/password-checks.ts';
import { PasswordThread } from '../auth/password-thread.ts';
import { Sessions } from '../auth/sessions.ts';
import { TailServer } from '../tail/tail-server.ts';
import type { Gateway } from './api.ts';
import { ByteBudget } from './byte-budget.ts';
import { type Peers, peersBehind } from './peers.ts';

export interface HttpParts {
  readonly peers: Peers;
  readonly budget: ByteBudget;
  readonly authenticate: Authenticate;
  readonly authorize: Authorize;
  readonly sessions: Sessions;
  readonly tails: TailServer;
  close(): Promise<void>;
}

export type RouteParts = Pick<HttpParts, 'peers' | 'budget' | 'tails' | 'authenticate' | 'sessions'>;

export function httpParts(gateway: Gateway): HttpParts {
  const { settings, metrics, ingest } = gateway;
  const peers = peersBehind(settings.trustedProxies);
  const budget = new ByteBudget({
    pushBytesMax: settings.pushBytesInFlightMax,
    ingestBytes: () => ingest.bytesInFlight(),
    queryBytesMax: settings.queryBytesInFlightMax,
    isShared: settings.authEnabled,
  });
  const { credentials } = settings.auth;
  const thread = new PasswordThread();
  const users = credentials.filter(({ kind }) => kind === 'user');
  const checks = new PasswordChecks(users, (work) => thread.check(work));
  const sessions = new Sessions();
  const authenticate = authenticator(credentials, { checks, sessions, peers });
  const authorize = authorizer(settings, authenticate, metrics);
  const tails = new TailServer(gateway, { authorize, peers });
  return { peers, budget, authenticate, authorize, sessions, tails, close: () => thread.close() };
}
