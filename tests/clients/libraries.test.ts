// Client libraries as people use them, against the whole gateway with credentials switched on.
import { Metadata } from '@grpc/grpc-js';
import { OTLPLogExporter as GrpcExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { LoggerProvider, type LogRecordExporter, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import winston from 'winston';
import LokiTransport from 'winston-loki';
import { hashPassword } from '../../src/http/auth/password-hash.ts';
import { freePort, type Server, startServer } from '../server.ts';

const user = 'app';
const password = 'pass:word';
const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

let server: Server;
let grpcPort: number;
beforeAll(async () => {
  grpcPort = await freePort();
  server = await startServer({
    environment: {
      SKALD_AUTH_USER: user,
      SKALD_AUTH_PASSWORD_HASH: hashPassword(password),
      SKALD_GRPC_LISTEN_PORT: String(grpcPort),
    },
  });
});
afterAll(() => server.remove());
afterEach(() => vi.unstubAllEnvs());

interface Stored {
  readonly line: string;
  readonly level: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Waits until an entry of this service is stored. */
async function storedOf(service: string): Promise<Stored> {
  let found: Stored | undefined;
  await expect
    .poll(async () => {
      const response = await fetch(`${server.baseUrl}/api/logs/push?service=${service}`, {
        headers: { authorization },
      });
      const { entries } = (await response.json()) as { entries: Stored[] };
      found = entries[0];
      return entries.length;
    })
    .toBeGreaterThan(0);
  if (found === undefined) throw new Error('nothing stored');
  return found;
}

it.each([true, false])('winston-loki with basicAuth, json: %s', async (json) => {
  const service = `winston-${json}`;
  const transport = new LokiTransport({
    host: server.baseUrl,
    json,
    labels: { app: service },
    batching: false,
    basicAuth: `${user}:${password}`,
    // Otherwise the five seconds of Node's agent, after which it gives the line up.
    timeout: 60_000,
  });
  const logger = winston.createLogger({ transports: [transport] });
  logger.error('from winston');
  const { line, level } = await storedOf(service);
  logger.close();
  expect(line).toContain('from winston');
  expect(level).toBe('error');
});

it('pino-loki with basicAuth', async () => {
  const { default: pinoLoki } = await import('pino-loki');
  const stream = pinoLoki({
    host: server.baseUrl,
    batching: false,
    labels: { app: 'pino' },
    basicAuth: { username: user, password },
  });
  stream.write(`${JSON.stringify({ level: 40, time: Date.now(), msg: 'from pino' })}\n`);
  const { line } = await storedOf('pino');
  stream.end();
  expect(line).toContain('from pino');
});

const timeoutMillis = 60_000;
const byHttp = () => ({
  url: `${server.baseUrl}/otlp/v1/logs`,
  headers: { Authorization: authorization },
  timeoutMillis,
});
function byGrpc(): GrpcExporter {
  const metadata = new Metadata();
  metadata.set('authorization', authorization);
  return new GrpcExporter({ url: `http://127.0.0.1:${grpcPort}`, metadata, timeoutMillis });
}

it.each<[name: string, exporterOf: () => LogRecordExporter, compression: 'none' | 'gzip']>([
  ['JSON', () => new JsonExporter(byHttp()), 'none'],
  ['JSON-gzip', () => new JsonExporter(byHttp()), 'gzip'],
  ['protobuf', () => new ProtobufExporter(byHttp()), 'none'],
  ['protobuf-gzip', () => new ProtobufExporter(byHttp()), 'gzip'],
  ['gRPC', byGrpc, 'none'],
  ['gRPC-gzip', byGrpc, 'gzip'],
])("OpenTelemetry's exporter of logs, %s", async (name, exporterOf, compression) => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', compression);
  const exporter = exporterOf();
  const service = `otel-${name}`;
  const results: unknown[] = [];
  const observed: LogRecordExporter = {
    export: (records, done) =>
      exporter.export(records, (result) => {
        results.push(result.code);
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush(),
  };
  const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: observed })] });
  provider.getLogger('test.scope', '1.2').emit({
    severityNumber: 17,
    severityText: 'ERROR',
    body: 'payment failed',
    attributes: { app: service, 'http.status_code': 500 },
  });
  await provider.forceFlush();
  await provider.shutdown();
  expect(results).toEqual([0]);
  const query = encodeURIComponent(`{service_name=~".+"} | app="${service}"`);
  const response = await fetch(`${server.baseUrl}/loki/api/v1/query_range?query=${query}`, {
    headers: { authorization },
  });
  const { data } = (await response.json()) as {
    data: { result: { stream: Record<string, string>; values: [string, string][] }[] };
  };
  expect(data.result).toHaveLength(1);
  expect(data.result[0]?.values[0]?.[1]).toBe('payment failed');
  expect(data.result[0]?.stream).toMatchObject({
    http_status_code: '500',
    scope_name: 'test.scope',
    severity_number: '17',
    detected_level: 'error',
  });
});
