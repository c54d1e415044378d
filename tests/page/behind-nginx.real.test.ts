// The page behind nginx, which ends TLS and passes a path on, configured as the documentation says.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { push } from '../gateway/client.ts';
import { jsonBody, jsonHeaders, nowNs } from '../push-body.ts';
import { Certificates } from '../real/certificates.ts';
import { components, describeWith, findProgram } from '../real/require-component.ts';
import { freePort, type Server, startServer } from '../server.ts';
import { askFor, launchBrowser } from './browser.ts';

const name = 'logs.example.org';
const otherSite = 'evil.test';
const pathPrefix = '/logs';
/** For an nginx that hangs. */
const startMsMax = 100_000;
const documentation = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
const [, section = ''] = documentation.split('## Behind a reverse proxy\n');

/** A block of the section. */
const example = (language: string): string =>
  new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(section)?.[1] ?? '';

describeWith([components.chromium, components.nginx, components.openssl], 'behind nginx', () => {
  let folder: string;
  let gateway: Server;
  let nginx: ChildProcess;
  let nginxPort: number;
  let browser: Browser;
  let context: BrowserContext;
  const site = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end('<!doctype html>');
  });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'skald-nginx-'));
    const certificates = new Certificates(folder);
    certificates.make(name);
    writeFileSync(join(folder, 'skald.yaml'), example('yaml'));
    gateway = await startServer({
      pathPrefix,
      environment: { SKALD_CONFIG_FILE: join(folder, 'skald.yaml') },
    });
    nginxPort = await freePort();
    const server = example('nginx')
      .replace('443', `127.0.0.1:${nginxPort}`)
      .replace('127.0.0.1:3100', new URL(gateway.baseUrl).host)
      .replace('/etc/ssl/logs.example.org.pem', certificates.certificate(name))
      .replace('/etc/ssl/logs.example.org.key', certificates.key(name));
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((kind) => `${kind}_temp_path ${join(folder, kind)};`)
      .join('\n');
    const file = join(folder, 'nginx.conf');
    const own = process.getuid?.() === 0 ? 'user root;' : '';
    writeFileSync(
      file,
      `${own} daemon off; pid ${folder}/pid; events {} http { access_log off;\n${temporary}\n${server}}`,
    );
    nginx = spawn(
      findProgram('nginx') ?? 'nginx',
      ['-p', folder, '-e', join(folder, 'error.log'), '-c', file],
      {
        stdio: 'inherit',
      },
    );
    const answers = async () => expect(await status(`${pathPrefix}/ready`)).toBe(200);
    await vi.waitFor(answers, { timeout: startMsMax });
    site.listen(0, '127.0.0.1');
    await once(site, 'listening');
    browser = await launchBrowser(`--host-resolver-rules=MAP ${name} 127.0.0.1,MAP ${otherSite} 127.0.0.1`);
    context = await browser.newContext({ ignoreHTTPSErrors: true });
  });
  afterAll(async () => {
    site.close();
    await browser?.close();
    nginx?.kill();
    await gateway?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const base = (): string => `https://${name}:${nginxPort}${pathPrefix}`;
  const send = (line: string) =>
    push(gateway.baseUrl, jsonBody({ service_name: 'web' }, [{ timestampNs: nowNs(), line }]), jsonHeaders);

  /** Of what a client that is no browser sends through nginx. */
  const status = (path: string, body?: Buffer): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const headers = { Host: name };
      const options = { port: nginxPort, path, headers, agent: false, rejectUnauthorized: false } as const;
      request({ ...options, method: body ? 'POST' : 'GET' }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      })
        .on('error', reject)
        .end(body);
    });

  it('the page asks, follows live, and may post', async () => {
    expect((await send('a stored line')).status).toBe(204);
    const page = await context.newPage();
    await page.goto(`${base()}/`);
    await page.locator('.line', { hasText: 'a stored line' }).waitFor();
    await askFor(page, '{service_name="web"}');
    await page.click('#live');
    await page.locator('#message', { hasText: /^Live/ }).waitFor();
    await send('a live line');
    await page.locator('.line', { hasText: 'a live line' }).waitFor();
    const posted = `fetch('loki/api/v1/labels', { method: 'POST' }).then(({ status }) => status)`;
    expect(await page.evaluate(posted)).toBe(200);
    await page.close();
  });

  it('a page of another site may not', async () => {
    const page = await context.newPage();
    await page.goto(`http://${otherSite}:${(site.address() as AddressInfo).port}/`);
    const tail = `${base().replace('https', 'wss')}/loki/api/v1/tail?query={service_name="web"}&start=0`;
    const followed = `new Promise((resolve) => {
      const socket = new WebSocket(${JSON.stringify(tail)});
      socket.onopen = () => resolve('open');
      socket.onerror = () => resolve('refused');
    })`;
    expect(await page.evaluate(followed)).toBe('refused');
    const response = page.waitForResponse((answer) => answer.url().endsWith('/flush'));
    await page.evaluate(`fetch('${base()}/flush', { method: 'POST', mode: 'no-cors' }).catch(() => {})`);
    expect((await response).status()).toBe(403);
    await page.close();
  });

  it('a refusal of 101 MB arrives', async () => {
    expect(await status(`${pathPrefix}/loki/api/v1/push`, Buffer.alloc(101 * 2 ** 20))).toBe(413);
  });
});
