// Libraries of the systems whose ways in are taken, against the whole gateway with a token.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@elastic/elasticsearch';
import { Logger } from 'splunk-logging';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import winston from 'winston';
import { hashToken } from '../../src/http/auth/credentials.ts';
import { type Server, startServer } from '../server.ts';

const token = 'token-of-the-shippers';
const folder = mkdtempSync(join(tmpdir(), 'skald-'));
let server: Server;
beforeAll(async () => {
  const config = join(folder, 'skald.yaml');
  const entry = `{ name: shippers, token_hash: "${hashToken(token)}", scopes: [push, query] }`;
  writeFileSync(config, `auth:\n  tokens:\n    - ${entry}\n`);
  server = await startServer({ arguments: ['--config.file', config] });
});
afterAll(async () => {
  await server.remove();
  rmSync(folder, { recursive: true });
});

interface Stored {
  readonly line: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Entries of a selector, the oldest first. */
async function stored(selector: string): Promise<readonly Stored[]> {
  const parameters = new URLSearchParams({ query: selector, direction: 'forward', limit: '1000' });
  const response = await fetch(`${server.baseUrl}/loki/api/v1/query_range?${parameters}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { data } = (await response.json()) as {
    data: { result: { stream: Record<string, string>; values: [string, string][] }[] };
  };
  return data.result.flatMap(({ stream, values }) => values.map(([, line]) => ({ line, labels: stream })));
}

describe("Elasticsearch's client", () => {
  const connect = (apiKey: string): Client =>
    new Client({
      node: `${server.baseUrl}/elasticsearch`,
      auth: { apiKey: { id: 'any', api_key: apiKey } },
      maxRetries: 0,
    });

  it('sends documents by its bulk helper, those with newlines too', async () => {
    const client = connect(token);
    const documents = Array.from({ length: 300 }, (_, n) => ({
      '@timestamp': new Date(Date.now() - 60_000 + n).toISOString(),
      message: `line ${n}\n  at second\tline`,
      service: { name: 'shop' },
      event: { sequence: n },
    }));
    const { total, successful, failed } = await client.helpers.bulk({
      datasource: documents,
      onDocument: () => ({ create: { _index: 'logs-shop' } }),
      flushBytes: 10_000,
    });
    expect({ total, successful, failed }).toEqual({ total: 300, successful: 300, failed: 0 });
    const found = await stored('{index="logs-shop"}');
    expect(new Set(found.map(({ line }) => line))).toEqual(new Set(documents.map(({ message }) => message)));
    expect(found[0]?.labels).toMatchObject({ service_name: 'shop' });
    await client.close();
  });

  it('hears which documents were refused, and why', async () => {
    const client = connect(token);
    const dropped: unknown[] = [];
    const { successful, failed } = await client.helpers.bulk({
      datasource: [{ message: 'good' }, { message: 'old', '@timestamp': '2001-01-01T00:00:00Z' }],
      onDocument: () => ({ index: { _index: 'logs-refused' } }),
      onDrop: ({ status, error }) => dropped.push([status, error?.type]),
      retries: 0,
    });
    expect([successful, failed]).toEqual([1, 1]);
    expect(dropped).toEqual([[400, 'document_parsing_exception']]);
    await client.close();
  });

  it('finds what it asks for before it sends', async () => {
    const client = connect(token);
    expect((await client.info()).version.number).toMatch(/^8\./);
    expect((await client.cluster.health()).status).toBe('green');
    expect(await client.indices.putIndexTemplate({ name: 'logs', index_patterns: ['logs-*'] })).toEqual({
      acknowledged: true,
    });
    await client.close();
  });

  it('without a good key hears 401', async () => {
    const client = connect('wrong');
    await expect(
      client.bulk({ operations: [{ index: { _index: 'a' } }, { message: 'x' }] }),
    ).rejects.toMatchObject({
      statusCode: 401,
    });
    await client.close();
  });
});

describe("Splunk's logging library", () => {
  interface Sent {
    readonly error: Error | undefined;
    readonly body: { readonly text: string; readonly code: number } | undefined;
  }

  const send = (withToken: string, message: unknown): Promise<Sent> =>
    new Promise((resolve) => {
      const logger = new Logger({ token: withToken, url: server.baseUrl, maxRetries: 0 });
      logger.error = (error) => resolve({ error, body: undefined });
      logger.send(
        { message, severity: 'warn', metadata: { host: 'box', source: 'app', sourcetype: 'web' } },
        (error, _response, body) => resolve({ error: error ?? undefined, body }),
      );
    });

  it.each(['from splunk\nin two lines', { code: 7 }])('sends %o', async (message) => {
    const { error, body } = await send(token, message);
    expect(error).toBeUndefined();
    expect(body).toEqual({ text: 'Success', code: 0 });
    const found = await stored('{host="box", source="app", sourcetype="web"}');
    // The library puts what it is given into an event with its severity.
    expect(found.map(({ line }) => JSON.parse(line))).toContainEqual({ message, severity: 'warn' });
  });
});

describe("winston's HTTP transport, as Datadog tells to set it up", () => {
  const loggerOf = (apiKey: string, service: string, batchCount: number): winston.Logger => {
    const { hostname, port } = new URL(server.baseUrl);
    const path = `/api/v2/logs?ddsource=nodejs&service=${service}&ddtags=env:test,team:web`;
    return winston.createLogger({
      format: winston.format.combine(winston.format.timestamp(), winston.format.json()),
      transports: new winston.transports.Http({
        ...{ host: hostname, port: Number(port), path, headers: { 'DD-API-KEY': apiKey } },
        ...{ batch: batchCount > 1, batchCount },
      }),
    });
  };

  it.each([1, 3])('sends records, %i at a time', async (batchCount) => {
    const service = `winston-${batchCount}`;
    const logger = loggerOf(token, service, batchCount);
    const lines = ['first', 'second "quoted"', 'third\nin two lines'];
    for (const line of lines) logger.warn(line, { user: { id: 7 } });
    await expect.poll(() => stored(`{service="${service}"}`)).toHaveLength(lines.length);
    const found = await stored(`{service="${service}", source="nodejs", env="test"}`);
    expect(found.map(({ line }) => line).sort()).toEqual(lines);
    for (const { labels } of found)
      expect(labels).toMatchObject({ user_id: '7', team: 'web', detected_level: 'warn' });
    logger.close();
  });

  it('without a good key hears 401', async () => {
    const logger = loggerOf('wrong', 'winston-refused', 1);
    const [transport] = logger.transports;
    const warned = new Promise((resolve) => transport?.once('warn', resolve));
    logger.warn('not stored');
    expect(await warned).toEqual(new Error('Invalid HTTP Status Code: 401'));
    expect(await stored('{service="winston-refused"}')).toEqual([]);
    logger.close();
  });
});
