// Secrets stay where they are: not in answers, not in the log, not in printed configuration; and nothing is asked of
// other machines unless the configuration says so.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Server, startServer } from '../server.ts';

const token = 'token-that-nobody-may-see';
const password = 'password-that-nobody-may-see';
const secrets = [token, password, Buffer.from(`u:${password}`).toString('base64')];

describe('credentials', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer({
      environment: {
        SKALD_AUTH_TOKEN: token,
        SKALD_LOG_LEVEL: 'debug',
      },
    });
  });
  afterAll(() => server?.remove());

  it('are in no answer and no line of the log', async () => {
    const right = { Authorization: `Bearer ${token}` };
    const wrong = { Authorization: `Basic ${Buffer.from(`u:${password}`).toString('base64')}` };
    const answers: string[] = [];
    const paths = ['/config', '/metrics', '/services', '/api/status', '/', '/loki/api/v1/labels', '/nowhere'];
    for (const path of paths)
      for (const headers of [right, wrong, {}]) {
        const answer = await fetch(`${server.baseUrl}${path}`, { headers });
        answers.push(JSON.stringify([...answer.headers]), await answer.text());
      }
    // Where clients put secrets besides: parameters, other headers, bodies.
    const path = `/loki/api/v1/push?token=${token}&x=${password}`;
    const headers = {
      ...right,
      Cookie: `s=${password}`,
      'X-Api-Key': password,
      'Proxy-Authorization': password,
    };
    await (await fetch(`${server.baseUrl}${path}`, { method: 'POST', headers, body: password })).text();
    await server.stop();
    expect(server.output()).toMatch(/"path":"\/loki\/api\/v1\/push".*"status":400/);
    for (const secret of secrets) {
      expect(answers.filter((answer) => answer.includes(secret))).toEqual([]);
      expect(server.output()).not.toContain(secret);
    }
    expect(answers.some((answer) => answer.includes('<secret>'))).toBe(true);
  });
});

it('a configuration that is wrong is told without its secrets', async () => {
  const server = await startServer();
  const file = join(server.dataDir, 'bad.yaml');
  writeFileSync(file, `auth:\n  users:\n    - { name: u, password_hash: ${password}, scopes: [nonsense] }\n`);
  await server.stop();
  const starting = startServer({ dataDir: server.dataDir, arguments: ['--config.file', file] });
  const text = await starting.then(
    () => 'started',
    (error: Error) => error.message,
  );
  await server.remove();
  expect(text).toContain('bad.yaml');
  expect(text).not.toContain(password);
});

describe('requests to other machines', () => {
  const src = fileURLToPath(new URL('../../src/', import.meta.url));
  /** Who may ask others, and whom. */
  const allowed: Readonly<Record<string, string>> = {
    'clickhouse/server/shard.ts': 'the shards that the configuration names',
    'collectors/docker/engine.ts': 'the Docker engine that the configuration names',
    'commands/doctor/doctor-sources.ts': 'the Docker engine that the configuration names',
    'commands/client/loki-client.ts': 'the server that the command line names',
    'commands/client/tail-follow.ts': 'the server that the command line names',
    'ruler/http-delivery.ts': 'the receivers of alerts and recorded series that the configuration names',
    'page/gateway/requests.ts': 'the page, in the browser: its own gateway',
    'page/live-tail.ts': 'the page, in the browser: its own gateway',
  };
  const asks =
    /\bfetch\(|\bnew (?:WebSocket|EventSource|XMLHttpRequest|Docker|Dockerode)\(|\bcreateClient\(|\b(?:https?|net|tls|dgram)\.(?:request|get|connect|createConnection|createSocket)\(|\bimport\s*\{[^}]*\b(?:request|connect|createConnection)\b[^}]*\}\s*from 'node:(?:https?|net|tls)'/;

  it('are made nowhere else: no address in a query or a line is ever followed', () => {
    const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    );
    const asking = files.filter((file) => asks.test(readFileSync(join(src, file), 'utf8')));
    expect(asking.filter((file) => allowed[file] === undefined)).toEqual([]);
    expect(asking).toContain('page/gateway/requests.ts');
  });
});
