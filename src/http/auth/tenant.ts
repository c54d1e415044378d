// X-Scope-OrgID → tenant. The only place where the header's name lives.
import { joinTenants } from '../../model/tenants.ts';
import { HttpError } from '../server/http-error.ts';
import type { RequestHead } from '../server/request-head.ts';

/** Everything is stored under this tenant while multi-tenancy is off. */
export const singleTenant = 'fake';

const tenantCharactersMax = 150;
const tenantsMax = 100;
// ':' is not in the reference's documentation, but it takes it.
const unsupported = /[^a-zA-Z0-9!\-_.*'():]/;

export interface TenantRules {
  readonly authEnabled: boolean;
  /** True: `a|b` reads several. */
  readonly several: boolean;
  /** Tenants the credential is bound to; empty: any. */
  readonly allowed: readonly string[];
}

/**
 * The tenant of a request. Several equal names (`a|a`) are one; different ones are joined where that is allowed and
 * refused elsewhere, as are names with other characters. A credential bound to one tenant needs no header. Throws
 * HttpError 401, 403 or 400.
 */
export function tenantOf(request: RequestHead, { authEnabled, several, allowed }: TenantRules): string {
  if (!authEnabled) return singleTenant;
  const header = request.headers['x-scope-orgid'];
  const text = (Array.isArray(header) ? (header[0] ?? '') : (header ?? '')).trim();
  const [only] = allowed;
  if (text === '' && allowed.length === 1 && only !== undefined) return only;
  if (text === '') throw new HttpError(401, 'no org id');
  const names = [...new Set(text.split('|'))];
  for (const name of names) checkTenant(name);
  if (names.length > 1 && !several) throw new HttpError(400, 'multiple org IDs present');
  if (names.includes('')) throw new HttpError(400, 'tenant ID is empty');
  if (names.length > tenantsMax) throw new HttpError(400, `too many org IDs (limit: ${tenantsMax})`);
  const foreign = allowed.length === 0 ? undefined : names.find((name) => !allowed.includes(name));
  if (foreign !== undefined)
    throw new HttpError(403, `the tenant "${foreign}" is not open to this credential`);
  return joinTenants(names);
}

function checkTenant(name: string): void {
  const wrong = unsupported.exec(name)?.[0];
  if (wrong !== undefined)
    throw new HttpError(400, `tenant ID '${name}' contains unsupported character '${wrong}'`);
  if (name.length > tenantCharactersMax)
    throw new HttpError(400, `tenant ID is too long: max ${tenantCharactersMax} characters`);
  if (name === '.' || name === '..') throw new HttpError(400, `tenant ID is '.' or '..'`);
}
