// May this request do this: who it comes from, its scope, its tenant. The same for routes and for upgrades.
import type { Metrics } from '../../telemetry/metrics.ts';
import { type CrossSiteSettings, crossSiteRule } from '../server/cross-site.ts';
import { HttpError } from '../server/http-error.ts';
import type { RequestHead } from '../server/request-head.ts';
import type { AuthSettings } from '../server/settings.ts';
import { type Access, demands } from './access.ts';
import type { Authenticate, Principal } from './authenticate.ts';
import { tenantOf } from './tenant.ts';

export interface AuthorizedRoute {
  readonly path: string;
  readonly access: Access;
  /** True: the answer is the tenant, else ''. */
  readonly tenant: boolean;
  /** True: `a|b` names several tenants, where the configuration allows that. */
  readonly severalTenants: boolean;
}

/** Resolves with the tenant. Rejects with HttpError 400, 401, 403 or 429. */
export type Authorize = (request: RequestHead, route: AuthorizedRoute) => Promise<string>;

export interface AuthorizeSettings extends CrossSiteSettings {
  readonly authEnabled: boolean;
  readonly multiTenantQueriesEnabled: boolean;
  readonly auth: AuthSettings;
}

export function authorizer(
  settings: AuthorizeSettings,
  authenticate: Authenticate,
  { authFailures }: Metrics,
): Authorize {
  const refuseCrossSite = crossSiteRule(settings);
  return async (request, route) => {
    try {
      refuseCrossSite(request);
      const principal = await principalOf(authenticate, settings.auth, request, route);
      if (!route.tenant) return '';
      return tenantOf(request, {
        authEnabled: settings.authEnabled,
        several: route.severalTenants && settings.multiTenantQueriesEnabled,
        allowed: principal?.tenants ?? [],
      });
    } catch (error) {
      if (error instanceof HttpError) authFailures.inc({ reason: reasonOf(error) });
      throw error;
    }
  };
}

/** Undefined where nobody is asked. */
async function principalOf(
  authenticate: Authenticate,
  settings: AuthSettings,
  request: RequestHead,
  { path, access }: AuthorizedRoute,
): Promise<Principal | undefined> {
  const open =
    access === 'open' ||
    (access === 'ready' && settings.readyOpen) ||
    (access === 'metrics' && settings.metricsOpen);
  if (open) return undefined;
  const principal = await authenticate(request);
  const { scope, allTenants = false } = demands[access];
  if (scope !== undefined && !principal.scopes.includes(scope))
    throw new HttpError(403, `${principal.name} lacks the scope "${scope}"`);
  if (allTenants && principal.tenants.length > 0)
    throw new HttpError(403, `${principal.name} is bound to tenants, and ${path} is about all of them`);
  return principal;
}

const reasons: Readonly<Record<number, string>> = { 401: 'missing', 403: 'forbidden', 429: 'overload' };

function reasonOf({ status, headers }: HttpError): string {
  // 401 with a challenge is about credentials, without one about the tenant header.
  if (status === 401 && headers['WWW-Authenticate'] !== undefined) return 'credentials';
  return reasons[status] ?? 'invalid';
}
