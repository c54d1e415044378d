// How long which stream is kept: Loki's rules. A tenant with settings of its own has only those.
import type { Matcher } from '../logql/ast.ts';
import { type CompiledMatcher, compileMatchers, matchesLabels } from '../logql/matchers.ts';
import type { Labels } from '../model/labels.ts';

/** Streams that all matchers take are kept for `periodNs`; of several rules the highest priority, then the first. */
export interface RetentionRule {
  readonly matchers: readonly Matcher[];
  readonly priority: number;
  /** 0n keeps everything. */
  readonly periodNs: bigint;
}

export interface TenantRetention {
  /** Instead of the general rules; undefined: those. */
  readonly rules: readonly RetentionRule[] | undefined;
  /** Instead of the general period; undefined: that. */
  readonly periodNs: bigint | undefined;
}

export interface RetentionRules {
  readonly rules: readonly RetentionRule[];
  readonly tenants: Readonly<Record<string, TenantRetention>>;
}

interface CompiledRule {
  readonly matchers: readonly CompiledMatcher[];
  readonly periodNs: bigint;
}

interface CompiledTenant {
  readonly rules: readonly CompiledRule[];
  readonly periodNs: bigint;
}

export class RetentionPolicy {
  readonly #defaults: CompiledTenant;
  readonly #tenants: ReadonlyMap<string, CompiledTenant>;
  /** The longest period there is, 0n when some stream is kept for ever: what is older can go without asking. */
  readonly longestNs: bigint;
  /** The shortest period there is; 0n when every stream is kept for ever. */
  readonly shortestNs: bigint;
  /** Every stream has the same period. */
  readonly isUniform: boolean;

  /** Throws RegexError. */
  constructor(defaultNs: bigint, rules: RetentionRules = { rules: [], tenants: {} }) {
    const general = compileRules(rules.rules);
    this.#defaults = { rules: general, periodNs: defaultNs };
    this.#tenants = new Map(
      Object.entries(rules.tenants).map(([tenant, own]) => [
        tenant,
        {
          rules: own.rules === undefined ? general : compileRules(own.rules),
          periodNs: own.periodNs ?? defaultNs,
        },
      ]),
    );
    const periods = [this.#defaults, ...this.#tenants.values()].flatMap((tenant) => [
      tenant.periodNs,
      ...tenant.rules.map(({ periodNs }) => periodNs),
    ]);
    this.longestNs = periods.includes(0n)
      ? 0n
      : periods.reduce((longest, period) => {
          if (period > longest) return period;
          return longest;
        });
    this.shortestNs = periods.reduce((shortest, period) => {
      if (period === 0n || (shortest !== 0n && shortest <= period)) return shortest;
      return period;
    }, 0n);
    this.isUniform = periods.every((periodNs) => periodNs === defaultNs);
  }

  /** 0n: for ever. */
  periodNs(tenant: string, labels: Labels): bigint {
    if (this.isUniform) return this.#defaults.periodNs;
    const own = this.#tenants.get(tenant) ?? this.#defaults;
    const rule = own.rules.find(({ matchers }) => matchesLabels(matchers, labels));
    return rule?.periodNs ?? own.periodNs;
  }
}

function compileRules(rules: readonly RetentionRule[]): readonly CompiledRule[] {
  return rules
    .toSorted((a, b) => b.priority - a.priority)
    .map(({ matchers, periodNs }) => ({ matchers: compileMatchers(matchers), periodNs }));
}
