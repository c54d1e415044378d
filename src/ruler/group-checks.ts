// What a group that is made through the API may be: its names, and how many rules and groups there are then.
import { RuleGroupError } from './read-group.ts';
import type { GroupKey } from './rule-group.ts';
import { type RuleLimits, rulesMax } from './settings.ts';

const nameLengthMax = 1024;

/** Throws {@link RuleGroupError}. */
export function checkNames({ namespace, group }: GroupKey): void {
  for (const name of [namespace, group])
    if (name.length > nameLengthMax || name.includes('\0'))
      throw new RuleGroupError(`names have at most ${nameLengthMax} characters`);
}

export interface GroupCounts {
  /** Of the group. */
  readonly rules: number;
  /** Of the tenant, the group included; one that is replaced is no new one. */
  readonly groups: number;
  /** Of all tenants. */
  readonly rulesOfAll: number;
}

/** Throws {@link RuleGroupError}. */
export function checkCounts({ rules, groups, rulesOfAll }: GroupCounts, limits: RuleLimits): void {
  if (limits.rulesPerGroupMax > 0 && rules > limits.rulesPerGroupMax)
    throw new RuleGroupError(
      `per-user rules per rule group limit (limit: ${limits.rulesPerGroupMax} actual: ${rules}) exceeded`,
    );
  if (limits.groupsPerTenantMax > 0 && groups > limits.groupsPerTenantMax)
    throw new RuleGroupError(
      `per-user rule groups limit (limit: ${limits.groupsPerTenantMax} actual: ${groups}) exceeded`,
    );
  if (rulesOfAll > rulesMax) throw new RuleGroupError(`all tenants together have ${rulesMax} rules at most`);
}
