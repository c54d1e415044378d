// The limits of tenants as they are now: those of the start, until the file of overrides says something else.
import { stringify } from 'yaml';
import type { LimitsOfTenants } from '../config/config.ts';
import type { TenantQueryLimits } from '../http/server/settings.ts';

/** Who holds limits in a thread of its own. */
export interface LimitHolders {
  readonly ingest: { setLimits(limits: LimitsOfTenants['ingest']): void };
  readonly ruler: { setLimits(limits: LimitsOfTenants['rules']): void } | undefined;
}

export class LimitsNow {
  #limits: LimitsOfTenants;

  constructor(limits: LimitsOfTenants) {
    this.#limits = limits;
  }

  /** For what begins from now on. */
  use(limits: LimitsOfTenants, { ingest, ruler }: LimitHolders): void {
    this.#limits = limits;
    ingest.setLimits(limits.ingest);
    ruler?.setLimits(limits.rules);
  }

  query(tenant: string): TenantQueryLimits {
    const { overrides, defaults } = this.#limits.query;
    return own(overrides, tenant) ?? defaults;
  }

  /** By the names and in the words of a configuration file. */
  shown(tenant: string): Readonly<Record<string, unknown>> {
    const { overrides, defaults } = this.#limits.shown;
    return own(overrides, tenant) ?? defaults;
  }

  /** Of tenants that have limits of their own. */
  get overridesYaml(): string {
    return stringify({ overrides: this.#limits.shown.overrides });
  }
}

/** A tenant may be called as what every object has. */
const own = <T>(values: Readonly<Record<string, T>>, tenant: string): T | undefined =>
  Object.hasOwn(values, tenant) ? values[tenant] : undefined;
