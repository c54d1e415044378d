// What a Grafana dashboard with ten panels asks, all at once, each second.
import { setTimeout as delay } from 'node:timers/promises';

const everyMs = 1000;
const spanSeconds = 300;

const metricPanels = [
  'sum by (level, detected_level) (count_over_time({env=~".+"} | drop __error__[15s]))',
  'sum by (app) (rate({env="prod"}[1m]))',
  'sum by (format) (bytes_over_time({env=~".+"}[15s]))',
  'topk(5, sum by (app) (rate({env=~".+"} |= "error" [1m])))',
  'sum by (res_statusCode) (count_over_time({app="pino-1"} | json [15s]))',
  'quantile_over_time(0.95, {app="pino-2"} | json | unwrap responseTime [1m]) by (app)',
];
const logPanels = ['{app="logfmt-0"}', '{env="prod"} |= "deadlock detected"'];

export interface DashboardCounts {
  /** Dashboards answered. */
  readonly whole: number;
  readonly queries: number;
  readonly failed: number;
  /** From the first question to the last answer of a dashboard. */
  readonly tookMs: readonly number[];
  /** Times of each panel. */
  readonly panelsMs: ReadonlyMap<string, readonly number[]>;
}

interface Panel {
  readonly name: string;
  readonly path: string;
}

function panels(): readonly Panel[] {
  const end = Date.now() * 1_000_000;
  const range = { start: String(end - spanSeconds * 1e9), end: String(end) };
  const panel = (route: string, parameters: Readonly<Record<string, string>>): Panel => ({
    name: parameters.query ?? route,
    path: `/loki/api/v1/${route}?${new URLSearchParams({ ...range, ...parameters })}`,
  });
  return [
    ...metricPanels.map((query) => panel('query_range', { query, step: '15' })),
    ...logPanels.map((query) => panel('query_range', { query, limit: '100' })),
    panel('labels', {}),
    panel('index/volume', { query: '{env=~".+"}' }),
  ];
}

/** Opens one dashboard a second until `signal` fires; like a browser, the next one only when the last one is there. */
export async function runDashboards(baseUrl: string, signal: AbortSignal): Promise<DashboardCounts> {
  const tookMs: number[] = [];
  const panelsMs = new Map<string, number[]>();
  let queries = 0;
  let failed = 0;
  while (!signal.aborted) {
    const began = performance.now();
    await Promise.all(
      panels().map(async ({ name, path }) => {
        const response = await fetch(baseUrl + path);
        await response.arrayBuffer();
        queries++;
        if (response.status !== 200) failed++;
        panelsMs.set(name, [...(panelsMs.get(name) ?? []), performance.now() - began]);
      }),
    );
    tookMs.push(performance.now() - began);
    await delay(everyMs - (performance.now() - began), undefined, { signal }).catch(() => {});
  }
  return { whole: tookMs.length, queries, failed, tookMs, panelsMs };
}
