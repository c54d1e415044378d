// Several tenants read as one: `a|b`. Names never hold '|'.

/** Label that tells the tenants' streams apart in the answer to a query over several. */
export const tenantIdLabel = '__tenant_id__';

/** One tenant as it is, several sorted and joined. */
export const joinTenants = (tenants: readonly string[]): string => [...tenants].sort().join('|');

export const splitTenants = (tenant: string): readonly string[] => tenant.split('|');

export const isSeveralTenants = (tenant: string): boolean => tenant.includes('|');
