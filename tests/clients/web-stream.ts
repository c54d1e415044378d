// The lines that the tests of clients ask for: one stream of forty lines, a second apart, of a gateway of their own.
import { afterAll, beforeAll, expect } from 'vitest';
import { push } from '../gateway/client.ts';
import { jsonBody, jsonHeaders, nowNs } from '../push-body.ts';
import { type Server, startServer } from '../server.ts';

const secondNs = 1_000_000_000n;
export const webLines = 40;
export const web = '{app="web"}';
export const grafana = {
  'User-Agent': 'Grafana/12.1.0',
  'X-Loki-Response-Encoding-Flags': 'categorize-labels',
};
export const drilldown = { ...grafana, 'X-Query-Tags': 'Source=grafana-lokiexplore-app' };
/** Of a page elsewhere that the gateway is told to trust. */
export const allowedOrigin = 'https://grafana.example';
export const logcli = { 'User-Agent': 'loki-logcli/3.5', 'X-Scope-OrgID': 'ignored' };

/** An hour that ends after the newest line. */
export const endNs = nowNs();
export const startNs = endNs - 3600n * secondNs;
export const range = `start=${startNs}&end=${endNs}`;
const iso = (ns: bigint): string => new Date(Number(ns / 1_000_000n)).toISOString();
export const isoRange = `start=${iso(startNs)}&end=${iso(endNs)}`;

/** The gateway of a test file, from its first test to its last. Line `index` is stamped `endNs − (index + 1) s`; every fourth is an error. */
export function useWebStream(): { readonly server: Server } {
  let server: Server;
  beforeAll(async () => {
    server = await startWebStream();
  });
  afterAll(() => server.remove());
  return {
    get server() {
      return server;
    },
  };
}

async function startWebStream(): Promise<Server> {
  const server = await startServer({ environment: { SKALD_HTTP_ALLOWED_ORIGINS: allowedOrigin } });
  const entries = Array.from({ length: webLines }, (_, index) => ({
    timestampNs: endNs - BigInt(index + 1) * secondNs,
    line: `level=${index % 4 === 0 ? 'error' : 'info'} msg="request done" status=500 duration=${index}ms size=${index}KB`,
    structuredMetadata: { trace_id: `t${index}` },
  }));
  const { status } = await push(server.baseUrl, jsonBody({ app: 'web', env: 'prod' }, entries), jsonHeaders);
  expect(status).toBe(204);
  return server;
}

/** A feature of a client, the headers and the path it sends, and what it reads of the answer. */
export type Row = readonly [name: string, headers: Record<string, string>, path: string, want: unknown];

export async function expectAnswer(server: Server, [, headers, path, want]: Row): Promise<void> {
  const response = await fetch(server.baseUrl + path, { headers });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  expect(JSON.parse(text)).toMatchObject(want as object);
}
