// Pages of other sites in a real browser against the built gateway: what they try, and that nothing comes of it.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, Frame, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hashPassword } from '../../src/http/auth/password-hash.ts';
import { push } from '../gateway/client.ts';
import { jsonBody, jsonHeaders, nowNs } from '../push-body.ts';
import { components, describeWith } from '../real/require-component.ts';
import { type Server, startServer } from '../server.ts';
import { launchBrowser } from './browser.ts';

const script = readFileSync(new URL('other-site.js', import.meta.url), 'utf8');
const user = { username: 'ann', password: 'correct horse' };
const basic = `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}`;
const otherSite = 'evil.test';
/** A name of the gateway, and one that a site has pointed at it. */
const [known, rebound] = ['gateway.lan', 'rebound.test'];

interface Results {
  readonly webSockets: readonly string[];
  readonly eventSources: readonly string[];
  readonly reads: readonly string[];
  readonly images: readonly string[];
  readonly posts: readonly string[];
  readonly changes: readonly string[];
  readonly forms: readonly string[];
}

describeWith(components.chromium, 'pages of other sites in a browser', () => {
  let gateways: Readonly<Record<'open' | 'guarded', Server>>;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let otherPort: number;
  let aims: { query: string; posts: string[]; changes: [string, string][] };
  const site = createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html');
    const frame = '<iframe name="boxed" sandbox="allow-scripts allow-forms" src="/boxed"></iframe>';
    response.end(`<!doctype html><script>${script}</script>${request.url === '/frame' ? frame : ''}`);
  });

  beforeAll(async () => {
    const environment = { SKALD_HTTP_ALLOWED_HOSTS: known };
    const password = {
      SKALD_AUTH_USER: user.username,
      SKALD_AUTH_PASSWORD_HASH: hashPassword(user.password),
    };
    const [open, guarded] = await Promise.all([
      startServer({ environment }),
      startServer({ environment: { ...environment, ...password } }),
    ]);
    gateways = { open, guarded };
    site.listen(0, '127.0.0.1');
    await once(site, 'listening');
    otherPort = (site.address() as AddressInfo).port;
    browser = await launchBrowser(
      `--host-resolver-rules=${[known, rebound, otherSite].map((name) => `MAP ${name} 127.0.0.1`).join(',')}`,
    );
    context = await browser.newContext({ httpCredentials: user });
    page = await context.newPage();
    const body = jsonBody({ app: 'bank' }, [{ timestampNs: nowNs(), line: 'the secret line' }]);
    for (const { baseUrl } of [open, guarded])
      expect((await push(baseUrl, body, { ...jsonHeaders, Authorization: basic })).status).toBe(204);
    const { paths } = (await (await fetch(`${open.baseUrl}/api/openapi.json`)).json()) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const taking = (method: string): string[] =>
      Object.entries(paths).flatMap(([path, methods]) =>
        method in methods ? [path.replace(/\{\w+\}/g, 'x')] : [],
      );
    aims = {
      query: '{app="bank"}',
      posts: taking('post'),
      changes: ['put', 'delete'].flatMap((method) =>
        taking(method).map((path): [string, string] => [method.toUpperCase(), path]),
      ),
    };
  });
  afterAll(async () => {
    site.close();
    await browser?.close();
    for (const gateway of Object.values(gateways ?? {})) await gateway.remove();
  });

  const attack = (from: Page | Frame, base: string, forms = aims.posts): Promise<Results> =>
    from.evaluate(
      `attack(${JSON.stringify(base)}, ${JSON.stringify({ ...aims, forms })})`,
    ) as Promise<Results>;

  /** Requests other than GET and HEAD that were answered with success, of all routes. */
  async function changesOf({ baseUrl }: Server): Promise<number> {
    const metrics = await (await fetch(`${baseUrl}/metrics`)).text();
    const counts = metrics.matchAll(
      /^loki_request_duration_seconds_count\{method="(\w+)",.*status_code="2\d\d".*\} (\d+)$/gm,
    );
    return [...counts].reduce((sum, [, method, count]) => (method === 'GET' ? sum : sum + Number(count)), 0);
  }

  /** The pages, each with the way to it. */
  const pages: Readonly<Record<string, () => Promise<Page | Frame>>> = {
    'another name': async () => {
      await page.goto(`http://${otherSite}:${otherPort}/`);
      return page;
    },
    'another port': async () => {
      await page.goto(`http://127.0.0.1:${otherPort}/`);
      return page;
    },
    'a frame in a sandbox': async () => {
      await page.goto(`http://${otherSite}:${otherPort}/frame`);
      return page.frame('boxed') ?? page;
    },
    'a data URL': async () => {
      await page.goto(`data:text/html,${encodeURIComponent(`<script>${script}</script>`)}`);
      return page;
    },
  };
  const cases = (['open', 'guarded'] as const).flatMap((kind) =>
    Object.keys(pages).flatMap((name) => ['127.0.0.1', known].map((host) => ({ kind, name, host }))),
  );

  it.each(cases)('$name cannot use the $kind gateway at $host', async ({ kind, name, host }) => {
    const gateway = gateways[kind];
    const base = `http://${host}:${new URL(gateway.baseUrl).port}`;
    // So that the browser has been asked for the password of this very address, and adds it from now on.
    expect((await page.goto(`${base}/loki/api/v1/labels`))?.status()).toBe(200);
    const before = await changesOf(gateway);
    const { images: _, posts, forms, ...read } = await attack((await pages[name]?.()) ?? page, base);
    expect(new Set(Object.values(read).flat())).toEqual(new Set(['refused']));
    // They leave the browser, of data URLs only the forms; see what becomes of them.
    expect(new Set([...(name === 'a data URL' ? [] : posts), ...forms])).toEqual(new Set(['sent']));
    expect(await changesOf(gateway)).toBe(before);
  });

  it('while the gateway’s own page can', async () => {
    for (const gateway of Object.values(gateways)) {
      const base = `http://${known}:${new URL(gateway.baseUrl).port}`;
      await page.goto(`${base}/loki/api/v1/labels`);
      await page.evaluate(script);
      const before = await changesOf(gateway);
      // An answer without a body shows nothing in a frame, and nobody would learn of it.
      const { webSockets, eventSources, reads } = await attack(page, base, []);
      expect(new Set([...webSockets, ...eventSources])).toEqual(new Set(['read']));
      expect(reads).toEqual(reads.map(() => 'read'));
      expect(await changesOf(gateway)).toBeGreaterThan(before);
    }
  });

  it('a name that was pointed at the gateway shows nothing of it', async () => {
    const { port } = new URL(gateways.open.baseUrl);
    const shown = await page.goto(`http://${rebound}:${port}/`);
    expect([shown?.status(), await shown?.text()]).toEqual([
      403,
      expect.stringContaining('http.allowed_hosts'),
    ]);
    const asked = await page.evaluate(
      `Promise.all(['GET', 'POST'].map((method) =>
        fetch('/loki/api/v1/query?query=vector(1)', { method }).then(({ status }) => status)))`,
    );
    expect(asked).toEqual([403, 403]);
  });

  it('a link leads to the gateway, a frame does not', async () => {
    const { baseUrl } = gateways.open;
    await page.goto(`http://${otherSite}:${otherPort}/`);
    await page.evaluate(`location.href = ${JSON.stringify(`${baseUrl}/`)}`);
    await page.waitForURL(`${baseUrl}/`);
    await page.locator('#query').waitFor();
    await page.goto(`http://127.0.0.1:${otherPort}/`);
    const framed = page.waitForResponse((response) => response.url().startsWith(`${baseUrl}/api/logs`));
    await page.evaluate(
      `document.documentElement.append(Object.assign(document.createElement('iframe'), { src: ${JSON.stringify(`${baseUrl}/api/logs`)} }))`,
    );
    expect((await framed).status()).toBe(403);
  });
});
