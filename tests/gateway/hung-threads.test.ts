// Threads that hang in a call of the system, which nobody can end: /ready names those that others need, and SIGTERM ends
// the process all the same.
import { once } from 'node:events';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { hashPassword } from '../../src/http/auth/password-hash.ts';
import { jsonBody, jsonHeaders, nowNs } from '../push-body.ts';
import { type Server, startServer } from '../server.ts';
import { push } from './client.ts';
import { controlThreads, threadControl } from './thread-control.ts';

const settings = {
  SKALD_QUERY_WORKERS: '1',
  // The least; a thread is told of after a quarter of it.
  SKALD_STORE_HANG_TIMEOUT: '10s',
  SKALD_HTTP_SHUTDOWN_TIMEOUT: '2s',
  NODE_OPTIONS: threadControl,
};

async function until(server: Server, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 120_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`never so:\n${server.output()}`);
    await delay(20);
  }
}

const lines = (count: number): string =>
  jsonBody(
    { app: 'a' },
    Array.from({ length: count }, () => ({ timestampNs: nowNs(), line: 'x'.repeat(110) })),
  );

interface HungThread {
  readonly name: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Has the thread started. */
  readonly use?: (server: Server) => Promise<unknown>;
  /** What /ready says; undefined for threads that others take the place of: clients can keep those busy. */
  readonly ready?: string;
}

const threads: readonly HungThread[] = [
  { name: 'ingest', ready: 'ingest does not answer' },
  { name: 'builder', ready: 'the block builder does not answer' },
  {
    name: 'collectors',
    environment: { SKALD_COLLECTORS: 'files', SKALD_FILES_PATHS: '/nowhere/*.log' },
    ready: 'the thread of the collectors does not answer',
  },
  {
    name: 'query',
    use: ({ baseUrl }) => fetch(`${baseUrl}/loki/api/v1/labels`),
  },
  {
    name: 'tail',
    use: async ({ baseUrl }) => {
      const query = encodeURIComponent('{app="a"}');
      const tail = new WebSocket(`${baseUrl.replace('http', 'ws')}/loki/api/v1/tail?query=${query}`);
      tail.on('error', () => {});
      await once(tail, 'open');
    },
  },
  { name: 'decoder', use: ({ baseUrl }) => push(baseUrl, lines(20_000), jsonHeaders) },
  {
    name: 'passwords',
    environment: { SKALD_AUTH_USER: 'ann', SKALD_AUTH_PASSWORD_HASH: hashPassword('right') },
    use: ({ baseUrl }) =>
      fetch(`${baseUrl}/loki/api/v1/labels`, { headers: { authorization: `Basic ${btoa('ann:right')}` } }),
  },
];

describe.concurrent('SIGTERM ends the process while a thread hangs in a call of the system', () => {
  it.each(threads)('$name', async ({ name, environment, use, ready }) => {
    const server = await startServer({ environment: { ...settings, ...environment } });
    try {
      await use?.(server);
      await controlThreads(server, 'block', name);
      if (ready !== undefined) {
        await until(server, async () => {
          const response = await fetch(`${server.baseUrl}/ready`);
          return response.status === 503 && (await response.text()) === `${ready}\n`;
        });
        const status = await fetch(`${server.baseUrl}/api/status`);
        expect(await status.json()).toMatchObject({ notReady: ready });
      }
      // The thread of large pushes is ingest's to end, which may have let go of it.
      expect(name === 'decoder' ? ['SIGKILL', 0] : ['SIGKILL']).toContain(await server.stop());
      expect(server.output()).toContain('SIGTERM: shutting down');
    } finally {
      await server.remove();
    }
  });

  it('collectors that hang otherwise are ended, and others take their place', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'skald-hung-'));
    const file = join(folder, 'a.log');
    await writeFile(file, 'before\n');
    const server = await startServer({
      environment: { ...settings, SKALD_COLLECTORS: 'files', SKALD_FILES_PATHS: join(folder, '*.log') },
    });
    const isCollected = async (text: string): Promise<boolean> => {
      const query = encodeURIComponent(`{job=~".+"} |= "${text}"`);
      const response = await fetch(`${server.baseUrl}/loki/api/v1/query_range?query=${query}&since=1h`);
      const { data } = (await response.json()) as { data: { result: readonly unknown[] } };
      return data.result.length > 0;
    };
    try {
      await until(server, () => isCollected('before'));
      await controlThreads(server, 'hang', 'collectors');
      await until(server, async () => (await fetch(`${server.baseUrl}/ready`)).status === 503);
      await appendFile(file, 'behind\n');
      await until(server, () => isCollected('behind'));
      expect((await fetch(`${server.baseUrl}/ready`)).status).toBe(200);
      expect(server.output()).toContain('the thread of the collectors hangs and is being replaced');
      expect(await server.stop()).toBe(0);
    } finally {
      await server.remove();
      await rm(folder, { recursive: true });
    }
  });
});
