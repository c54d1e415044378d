// The route table: every path of the API, by area.
import type { Gateway, Route } from './api.ts';
import { buildInfoRoutes } from './buildinfo.ts';
import { deleteRoutes } from './delete.ts';
import { detectedFieldsRoutes } from './detected-fields.ts';
import { detectedLabelsRoutes } from './detected-labels.ts';
import { drilldownLimitsRoutes } from './drilldown-limits.ts';
import { formatQueryRoutes } from './format-query.ts';
import { indexStatsRoutes } from './index-stats.ts';
import { labelRoutes } from './labels.ts';
import { legacyRoutes } from './legacy.ts';
import { logsRoutes } from './logs.ts';
import { openApiRoutes } from './openapi.ts';
import { operationsRoutes } from './operations.ts';
import { pageRoutes } from './page.ts';
import { patternsRoutes } from './patterns.ts';
import { pushRoutes } from './push.ts';
import { queryRoutes } from './query.ts';
import { ruleRoutes } from './rules.ts';
import { seriesRoutes } from './series.ts';
import type { RouteParts } from './server-parts.ts';
import { statusRoutes } from './status.ts';
import { tailRoutes } from './tail.ts';
import { volumeRoutes } from './volume.ts';

export function allRoutes(gateway: Gateway, parts: RouteParts): readonly Route[] {
  const { tails } = parts;
  const routes = [
    ...pushRoutes(gateway, parts),
    ...queryRoutes(gateway),
    ...labelRoutes(gateway),
    ...seriesRoutes(gateway),
    ...indexStatsRoutes(gateway),
    ...volumeRoutes(gateway),
    ...detectedLabelsRoutes(gateway),
    ...detectedFieldsRoutes(gateway),
    ...patternsRoutes(gateway),
    ...formatQueryRoutes(),
    ...drilldownLimitsRoutes(gateway),
    ...buildInfoRoutes(gateway),
    ...tailRoutes(gateway, tails),
    ...ruleRoutes(),
    ...legacyRoutes(gateway),
    ...operationsRoutes(gateway),
    ...deleteRoutes(gateway),
    ...logsRoutes(gateway, tails),
    ...statusRoutes(gateway),
    ...pageRoutes(),
  ];
  return [...routes, ...openApiRoutes(gateway, routes)];
}
