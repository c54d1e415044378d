// Pages of other sites, open in a browser that reaches the gateway, must not use it: forms and WebSockets are bound by
// no same-origin rule, and a gateway on 127.0.0.1 asks nobody who they are.
import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-error.ts';

/**
 * Throws HttpError 403 when a browser says that another site asks. Links that lead here may be followed. `Origin` would
 * not do: Grafana passes that of its own pages on, and it is another one.
 */
export function refuseCrossSite({ method, headers }: IncomingMessage): void {
  if (headers['sec-fetch-site'] !== 'cross-site') return;
  const isLink = method === 'GET' && headers['sec-fetch-mode'] === 'navigate';
  if (!isLink) throw new HttpError(403, 'requests from pages of other sites are refused');
}
