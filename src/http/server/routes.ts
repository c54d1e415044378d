// The route table: every path of the API, by area.

import { datadogRoutes } from '../doors/datadog.ts';
import { elasticRoutes } from '../doors/elastic.ts';
import { journalUploadRoutes } from '../doors/journal-upload-routes.ts';
import { jsonLinesRoutes } from '../doors/json-lines.ts';
import { splunkRoutes } from '../doors/splunk.ts';
import { buildInfoRoutes } from '../loki/buildinfo.ts';
import { deleteRoutes } from '../loki/delete.ts';
import { detectedFieldsRoutes } from '../loki/detected-fields.ts';
import { detectedLabelsRoutes } from '../loki/detected-labels.ts';
import { drilldownLimitsRoutes } from '../loki/drilldown-limits.ts';
import { formatQueryRoutes } from '../loki/format-query.ts';
import { indexStatsRoutes } from '../loki/index-stats.ts';
import { labelRoutes } from '../loki/labels.ts';
import { legacyRoutes } from '../loki/legacy-query.ts';
import { patternsRoutes } from '../loki/patterns.ts';
import { pushRoutes } from '../loki/push.ts';
import { queryRoutes } from '../loki/query.ts';
import { seriesRoutes } from '../loki/series.ts';
import { volumeRoutes } from '../loki/volume.ts';
import { accessRoutes } from '../operations/access-list.ts';
import { operationsRoutes } from '../operations/operations.ts';
import { pageRoutes } from '../operations/page.ts';
import { sessionRoutes } from '../operations/session.ts';
import { statusRoutes } from '../operations/status.ts';
import { logsRoutes } from '../plain/logs.ts';
import { openApiRoutes } from '../plain/openapi.ts';
import { alertmanagerRoutes } from '../rules/alertmanager.ts';
import { ruleRoutes } from '../rules/groups.ts';
import { prometheusRoutes } from '../rules/prometheus.ts';
import { tailRoutes } from '../tail/tail.ts';
import type { Gateway, Route } from './api.ts';
import type { RouteParts } from './server-parts.ts';

export function allRoutes(gateway: Gateway, parts: RouteParts): readonly Route[] {
  const { tails } = parts;
  const routes = [
    ...pushRoutes(gateway, parts),
    ...jsonLinesRoutes(gateway, parts),
    ...elasticRoutes(gateway, parts),
    ...datadogRoutes(gateway, parts),
    ...splunkRoutes(gateway, parts),
    ...journalUploadRoutes(gateway, parts),
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
    ...ruleRoutes(gateway),
    ...prometheusRoutes(gateway),
    ...alertmanagerRoutes(gateway),
    ...legacyRoutes(gateway),
    ...operationsRoutes(gateway),
    ...deleteRoutes(gateway),
    ...logsRoutes(gateway, tails),
    ...sessionRoutes(gateway, parts),
    ...statusRoutes(gateway),
    ...accessRoutes(gateway),
    ...pageRoutes(),
  ];
  return [...routes, ...openApiRoutes(gateway, routes)];
}
