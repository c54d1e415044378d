// The ruler beside the store and the engine that it needs.

import type { QueryService } from '../engine/run/query-service.ts';
import { queryHabits } from '../http/parameters/query-context.ts';
import type { TenantQueryLimits } from '../http/server/settings.ts';
import { engineQueries } from '../ruler/engine-queries.ts';
import { RulerClient } from '../ruler/ruler-client.ts';
import type { RulerSettings } from '../ruler/settings.ts';
import type { StoreHost } from '../store/host.ts';
import type { Logger } from '../telemetry/logger.ts';
import { startRulerThread } from './threads/start.ts';

export interface RulerNeeds {
  readonly store: StoreHost;
  readonly queries: QueryService;
  readonly limitsOf: (tenant: string) => TenantQueryLimits;
  readonly logger: Logger;
}

export const startRuler = (
  settings: RulerSettings,
  { store, queries, limitsOf, logger }: RulerNeeds,
): RulerClient =>
  new RulerClient({
    settings,
    hasGroups: store.hasRuleGroups(),
    startThread: () =>
      startRulerThread({
        workerData: store.ruleStoreSettings(),
        name: 'ruler',
        execArgv: [],
      }),
    onGone: () => store.ruleStoreGone(),
    queries: engineQueries(queries, (tenant) => queryHabits(limitsOf(tenant))),
    onLog: ({ level, fields, message }) => logger[level](fields, message),
  });
