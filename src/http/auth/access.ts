// Who may use a route: what each route says of its methods, and what that asks of a credential.
import type { Scope } from './credentials.ts';

/** `open`: nobody is asked who they are; the settings may leave `ready` and `metrics` open, too. */
export type Access = Scope | 'any' | 'open' | 'ready' | 'metrics' | 'status' | 'operate';

/** What is asked of a credential. */
export interface Demand {
  readonly scope?: Scope;
  /** What is told or done is about all tenants: a credential that is bound to some of them will not do. */
  readonly allTenants?: true;
}

export const demands: Readonly<Record<Access, Demand>> = {
  push: { scope: 'push' },
  query: { scope: 'query' },
  admin: { scope: 'admin' },
  any: {},
  open: {},
  ready: {},
  metrics: { allTenants: true },
  status: { scope: 'query', allTenants: true },
  operate: { scope: 'admin', allTenants: true },
};
