// A gateway over real sockets whose engine, ingest and tail are stand-ins that record what they were asked.

import type {
  LogRequest,
  LogResult,
  MetricRequest,
  MetricResult,
  QueryContext,
  QueryService,
  QueryStatistics,
  Series,
  VolumeRequest,
} from '../../src/engine/run/query-service.ts';
import type { Gateway, Route } from '../../src/http/server/api.ts';
import { allRoutes } from '../../src/http/server/routes.ts';
import { createHttpServer } from '../../src/http/server/server.ts';
import { httpParts } from '../../src/http/server/server-parts.ts';
import {
  defaultQueryLimits,
  type HttpSettings,
  httpDefaults,
  type TenantQueryLimits,
} from '../../src/http/server/settings.ts';
import type { IngestService, PushRequest, PushResponse } from '../../src/ingest/client/ingest-service.ts';
import { rulerOff } from '../../src/ruler/no-rules.ts';
import type { RulesApi } from '../../src/ruler/ruler-client.ts';
import type { StoreDeletes } from '../../src/store/delete-requests.ts';
import type { TailFrames, TailOptions } from '../../src/tail/tail-hub.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';

export const noStatistics: QueryStatistics = {
  bytesProcessed: 12,
  linesProcessed: 3,
  structuredMetadataBytesProcessed: 0,
  linesAfterFilter: 2,
  entriesReturned: 2,
  blocksRead: 1,
  blocksSkipped: 0,
  queueMs: 0,
  executionMs: 1,
};

/** 2026-11-24T03:46:40Z. */
export const nowNs = 1_795_492_000_000_000_000n;

export interface FakeTail {
  readonly options: TailOptions;
  readonly listener: TailFrames;
  paused: boolean;
  closed: boolean;
}

export interface FakeGateway {
  readonly url: string;
  readonly port: number;
  readonly logRequests: (LogRequest & { context: QueryContext })[];
  readonly metricRequests: MetricRequest[];
  readonly metadataRequests: unknown[][];
  readonly volumeRequests: VolumeRequest[];
  readonly pushes: PushRequest[];
  readonly tails: FakeTail[];
  /** Resolves when the next tail subscribes. */
  nextTail(): Promise<FakeTail>;
  readonly metricsText: () => Promise<string>;
  /** The route table. */
  readonly routes: readonly Route[];
  readonly gateway: Gateway;
  readonly close: () => Promise<void>;
}

export interface FakeOptions {
  readonly settings?: Partial<HttpSettings>;
  readonly limits?: Partial<TenantQueryLimits>;
  readonly logs?: (request: LogRequest, context: QueryContext) => Promise<LogResult>;
  readonly metrics?: (request: MetricRequest, context: QueryContext) => Promise<MetricResult>;
  readonly volume?: readonly Series[];
  readonly push?: (request: PushRequest) => Promise<PushResponse>;
  readonly bytesInFlight?: () => number;
  readonly notReady?: () => string | undefined;
  /** What `close` waits for requests under way. */
  readonly closeDeadlineMs?: number;
  readonly deletes?: StoreDeletes;
  readonly rules?: RulesApi;
}

export const logResult = (streams: unknown): LogResult => ({
  resultJson: Buffer.from(JSON.stringify(streams)),
  statistics: noStatistics,
  warnings: [],
});

export async function startFakeGateway(options: FakeOptions = {}): Promise<FakeGateway> {
  const logRequests: FakeGateway['logRequests'] = [];
  const metricRequests: MetricRequest[] = [];
  const metadataRequests: unknown[][] = [];
  const volumeRequests: VolumeRequest[] = [];
  const pushes: PushRequest[] = [];
  const tails: FakeTail[] = [];
  const waiting: ((tail: FakeTail) => void)[] = [];
  let level = 'info';

  const queries: QueryService = {
    logs: async (request, context) => {
      logRequests.push({ ...request, context });
      return options.logs?.(request, context) ?? logResult([]);
    },
    metrics: async (request, context) => {
      metricRequests.push(request);
      const none: MetricResult = {
        kind: request.stepNs === 0n ? 'vector' : 'matrix',
        series: [],
        statistics: noStatistics,
        warnings: [],
      };
      return options.metrics?.(request, context) ?? none;
    },
    labelNames: async (...request) => {
      metadataRequests.push(request);
      return ['app', 'env'];
    },
    labelValues: async (...request) => {
      metadataRequests.push(request);
      return ['web'];
    },
    series: async (...request) => {
      metadataRequests.push(request);
      return [[['app', 'web']]];
    },
    stats: async (...request) => {
      metadataRequests.push(request);
      return { streams: 1, chunks: 2, bytes: 3, entries: 4 };
    },
    volume: async (request) => {
      volumeRequests.push(request);
      return { series: options.volume ?? [], statistics: noStatistics, warnings: [] };
    },
    detectedFields: async (...request) => {
      metadataRequests.push(request);
      return [
        { label: 'id', type: 'int', cardinality: 2, parsers: ['json'], jsonPath: ['user', 'id'] },
        { label: 'took', type: 'duration', cardinality: 1, parsers: ['logfmt'], jsonPath: undefined },
        { label: 'trace_id', type: 'string', cardinality: 1, parsers: [], jsonPath: undefined },
      ];
    },
    detectedFieldValues: async (...request) => {
      metadataRequests.push(request);
      return ['1', '2'];
    },
    patterns: async (...request) => {
      metadataRequests.push(request);
      return [{ pattern: 'took <_>', level: 'info', samples: [[1_795_491_960, 3]] }];
    },
    close: async () => {},
  };
  const ingest: IngestService = {
    push: async (request) => {
      pushes.push(request);
      return options.push?.(request) ?? { status: 204, message: '' };
    },
    bytesInFlight: () => options.bytesInFlight?.() ?? 0,
    close: async () => {},
  };
  const metrics = createMetrics({ version: 'test', revision: '' });
  const gateway: Gateway = {
    settings: { ...httpDefaults, listenPort: 0, ...options.settings },
    logger: createLogger({ level: 'error', format: 'json', destination: { write: () => {} } }),
    metrics,
    clock: { nowNs: () => nowNs },
    queries,
    ingest,
    tail: {
      subscribe: async (subscribeOptions, listener) => {
        const tail: FakeTail = { options: subscribeOptions, listener, paused: false, closed: false };
        tails.push(tail);
        waiting.shift()?.(tail);
        return {
          pause: () => {
            tail.paused = true;
          },
          resume: () => {
            tail.paused = false;
          },
          close: () => {
            tail.closed = true;
          },
        };
      },
    },
    limitsOf: () => ({ ...defaultQueryLimits, ...options.limits }),
    operations: {
      notReady: () => options.notReady?.(),
      configYaml: async () => 'data_dir: x\n',
      overridesYaml: () => 'overrides: {}\n',
      services: () => [
        ['store', 'Running'],
        ['ingest', 'Running'],
      ],
      flush: async () => {},
      logLevel: () => level,
      setLogLevel: (wanted) => {
        const known = ['debug', 'info', 'warn', 'error'].includes(wanted);
        if (known) level = wanted;
        return known;
      },
    },
    status: {
      startedMs: 1_795_491_000_000,
      store: async () => ({
        fileBytes: 1000,
        rawBytes: 5000,
        entries: 50,
        streams: 2,
        unsealedBytes: 10,
        lastRetentionMs: undefined,
      }),
      disk: async () => ({ freeBytes: 4000, sizeBytes: 9000 }),
      collectors: () => [
        { name: 'files', state: 'off', hint: '', targets: 0, entries: 0, repaired: {}, repairs: '' },
      ],
      retentionPeriodMs: 86_400_000,
      retentionEveryMs: 60_000,
    },
    rules: options.rules ?? rulerOff,
    deletes: options.deletes ?? {
      create: () => Promise.reject(new Error('no deletions here')),
      list: async () => [],
      cancel: async () => 'unknown',
    },
    build: { version: '0.0.0', revision: 'abc', date: '' },
    shownLimits: () => ({ retention_period: '7d', discover_log_levels: true }),
  };
  const server = createHttpServer(gateway);
  const port = await server.listen();
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    logRequests,
    metricRequests,
    metadataRequests,
    volumeRequests,
    pushes,
    tails,
    nextTail: () => new Promise((resolve) => waiting.push(resolve)),
    metricsText: () => metrics.registry.metrics(),
    gateway,
    routes: allRoutes(gateway, httpParts(gateway)),
    close: () => server.close(options.closeDeadlineMs ?? 1000),
  };
}
