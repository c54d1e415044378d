// Limits of a query over several tenants: of each the strictest.
import { splitTenants } from '../../model/tenants.ts';
import type { TenantQueryLimits } from '../server/settings.ts';

/** `limitsOf` for `a|b`, too. */
export function limitsOfSeveral(
  limitsOf: (tenant: string) => TenantQueryLimits,
): (tenant: string) => TenantQueryLimits {
  return (tenant) => {
    const [first, ...more] = splitTenants(tenant).map(limitsOf);
    return more.reduce(strictest, first ?? limitsOf(tenant));
  };
}

function strictest(a: TenantQueryLimits, b: TenantQueryLimits): TenantQueryLimits {
  const names = Object.keys(a) as (keyof TenantQueryLimits)[];
  return Object.fromEntries(
    names.map((name) => [name, stricter(a[name], b[name])]),
  ) as unknown as TenantQueryLimits;
}

/** 0 is "no bound", false is "off". */
function stricter<T extends TenantQueryLimits[keyof TenantQueryLimits]>(a: T, b: T): T {
  if (typeof a === 'boolean') return a && b;
  if (!a || !b) return a || b;
  return a < b ? a : b;
}
