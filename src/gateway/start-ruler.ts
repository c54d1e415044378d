// The ruler beside the store and the engine that it needs.

import type { QueryService } from '../engine/run/query-service.ts';
import { queryHabits } from '../http/parameters/query-context.ts';
import type { TenantQueryLimits } from '../http/server/settings.ts';
import { engineQueries } from '../ruler/engine-queries.ts';
import { RulerClient } from '../ruler/ruler-client.ts';
import type { RulerSettings } from '../ruler/settings.ts';
import type { RuleHost } from '../store/host.ts';
import type { Logger } from '../telemetry/logger.ts';
import { startRulerThread } from './threads/start.ts';

export interface RulerNeeds {
  readonly rules: RuleHost;
  readonly queries: QueryService;
  readonly limitsOf: (tenant: string) => TenantQueryLimits;
  readonly logger: Logger;
}

export const startRuler = (
  settings: RulerSettings,
  { rules, queries, limitsOf, logger }: RulerNeeds,
): RulerClient =>
  new RulerClient({
    settings,
    hasGroups: rules.hasRuleGroups(),
    startThread: () =>
      startRulerThread({
        workerData: rules.ruleStoreSettings(),
        name: 'ruler',
        execArgv: [],
      }),
    onGone: () => rules.ruleStoreGone(),
    queries: engineQueries(queries, (tenant) => queryHabits(limitsOf(tenant))),
    onLog: ({ level, fields, message }) => logger[level](fields, message),
  });
