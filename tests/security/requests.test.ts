// Requests made to mislead: paths that climb, headers that hide a second request, pages of other sites.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { push } from '../gateway/client.ts';
import { jsonBody, jsonHeaders, nowNs } from '../push-body.ts';
import { type Server, startServer } from '../server.ts';
import { rawRequest } from './raw-request.ts';

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.remove());

const closing = 'Host: localhost\r\nConnection: close\r\n\r\n';

describe('paths that climb out of the page’s folder', () => {
  it.each([
    '/page/../../package.json',
    '/page/..%2f..%2fpackage.json',
    '/page/%2e%2e/%2e%2e/package.json',
    '/page/..%5c..%5cpackage.json',
    '/page/%2fetc%2fpasswd',
    '/page/main.js%00.html',
    '/page//etc/passwd',
    '/page/.',
    '/page/__proto__',
    '/page/constructor',
    '/page/../dist/main.js',
    '/../../../../etc/passwd',
  ])('%s gives no file', async (path) => {
    const answer = await rawRequest(server.baseUrl, `GET ${path} HTTP/1.1\r\n${closing}`);
    expect(answer).toMatch(/^HTTP\/1\.1 (30\d|40\d) /);
    expect(answer).not.toMatch(/root:|"dependencies"|import /);
  });
});

describe('requests that hide another one', () => {
  const hidden = 'GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const start = 'POST /loki/api/v1/push HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
  it.each([
    [
      'length and chunks',
      `${start}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    ['two lengths', `${start}Content-Length: 0\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`],
    ['a length that is none', `${start}Content-Length: +${hidden.length}\r\n\r\n${hidden}`],
    ['unknown transfer encoding', `${start}Transfer-Encoding: chunked, x\r\n\r\n0\r\n\r\n${hidden}`],
    ['a header folded', `${start}X: a\r\n Content-Length: ${hidden.length}\r\n\r\n${hidden}`],
    ['space before the colon', `${start}Content-Length : ${hidden.length}\r\n\r\n${hidden}`],
    ['a line feed alone in a header', `${start}X: a\nContent-Length: 5\r\n\r\n${hidden}`],
    [
      'a chunk size that is none',
      `${start}Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n${hidden}`,
    ],
  ])('%s: refused with 400, and nothing after it is read', async (_name, text) => {
    const answer = await rawRequest(server.baseUrl, text);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.match(/^HTTP\/1\.1/gm)).toHaveLength(1);
  });

  it('a header with a line break in a parameter does not reach an answer', async () => {
    const answer = await rawRequest(
      server.baseUrl,
      `GET //x%0d%0aSet-Cookie:%20a=b?q=%0d%0aX:%20y HTTP/1.1\r\n${closing}`,
    );
    expect(answer).not.toMatch(/^(Set-Cookie|X):/im);
  });
});

describe('pages of other sites in a browser', () => {
  const other = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://elsewhere.example' };
  const status = async (path: string, init: RequestInit): Promise<number> =>
    (await fetch(`${server.baseUrl}${path}`, init)).status;

  it.each([
    ['a form that pushes', '/loki/api/v1/push', { method: 'POST', body: '{"streams":[]}' }],
    ['a form that flushes', '/flush', { method: 'POST' }],
    ['a script that asks', '/loki/api/v1/labels', {}],
  ])('%s is refused', async (_name, path, init: RequestInit) => {
    expect(await status(path, { ...init, headers: { ...init.headers, ...other } })).toBe(403);
  });

  it('may link here', async () => {
    // By hand: fetch sets the mode itself.
    const headers = `Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n${closing}`;
    expect(await rawRequest(server.baseUrl, `GET / HTTP/1.1\r\n${headers}`)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('may not tail', async () => {
    const { port } = new URL(server.baseUrl);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/loki/api/v1/tail?query={app="x"}`, {
      headers: other,
    });
    const refused = await new Promise<number | undefined>((resolve) => {
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
      socket.on('error', () => {});
      socket.on('open', () => resolve(101));
    });
    expect(refused).toBe(403);
    socket.terminate();
  });

  it('get no permission to read answers, and no cookies', async () => {
    await push(server.baseUrl, jsonBody({ app: 'x' }, [{ timestampNs: nowNs(), line: 'x' }]), jsonHeaders);
    const origin = { Origin: 'https://elsewhere.example' };
    for (const path of ['/', '/loki/api/v1/labels', '/metrics', '/api/status']) {
      const { headers } = await fetch(`${server.baseUrl}${path}`, { headers: origin });
      expect([path, headers.get('access-control-allow-origin'), headers.get('set-cookie')]).toEqual([
        path,
        null,
        null,
      ]);
    }
  });

  it('cannot frame the page, and the page runs no scripts but its own', async () => {
    const { headers } = await fetch(`${server.baseUrl}/`);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/unsafe|\*|https?:|data:/);
  });
});
