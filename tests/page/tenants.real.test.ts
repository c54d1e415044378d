// The page where tenants are kept apart, where users sign in, and where the gateway goes away.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { hashPassword } from '../../src/http/auth/password-hash.ts';
import { push } from '../gateway/client.ts';
import { jsonBody, jsonHeaders, nowNs } from '../push-body.ts';
import { components, describeWith } from '../real/require-component.ts';
import { type Server, startServer } from '../server.ts';
import { askFor, launchBrowser, openPage, type WatchedPage } from './browser.ts';

const user = { username: 'ann', password: 'correct horse' };
const basic = `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}`;

describeWith(components.chromium, 'the page of a gateway with tenants', () => {
  let open: Server;
  let guarded: Server;
  let browser: Browser;
  let watched: WatchedPage;

  const send = (server: Server, tenant: string, line: string) =>
    push(server.baseUrl, jsonBody({ service_name: 'web' }, [{ timestampNs: nowNs(), line }]), {
      ...jsonHeaders,
      'X-Scope-OrgID': tenant,
      Authorization: basic,
    });
  const visit = async (server: Server, options?: BrowserContextOptions): Promise<Page> => {
    watched = await openPage(browser, `${server.baseUrl}/`, options);
    return watched.page;
  };
  const text = (page: Page, wanted: RegExp) => page.locator('#message', { hasText: wanted }).waitFor();

  beforeAll(async () => {
    const environment = { SKALD_AUTH_ENABLED: 'true' };
    const password = {
      SKALD_AUTH_USER: user.username,
      SKALD_AUTH_PASSWORD_HASH: hashPassword(user.password),
    };
    [open, guarded] = await Promise.all([
      startServer({ environment }),
      startServer({ environment: { ...environment, ...password } }),
    ]);
    browser = await launchBrowser();
    for (const server of [open, guarded])
      for (const tenant of ['red', 'blue'])
        expect((await send(server, tenant, `a line of ${tenant}`)).status).toBe(204);
  });
  afterEach(() => watched.close());
  afterAll(async () => {
    await browser?.close();
    await open?.remove();
    await guarded?.remove();
  });

  it.each([
    ['open to all', () => open, {}],
    ['with users', () => guarded, { httpCredentials: user }],
  ] as const)('asks for the tenant, then shows and follows its lines: %s', async (_, server, options) => {
    const page = await visit(server(), options);
    await text(page, /tenants apart.*Type the name of yours/);
    expect(await page.locator('#message.bad').count()).toBe(0);
    expect(await page.evaluate('document.activeElement.id')).toBe('tenant');
    await page.keyboard.type('blue');
    await page.keyboard.press('Enter');
    await page.locator('.line', { hasText: 'a line of blue' }).waitFor();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.click('#live');
    await text(page, /^Live: 1 line/);
    expect((await send(server(), 'red', 'a red secret')).status).toBe(204);
    expect((await send(server(), 'blue', 'live and blue')).status).toBe(204);
    await page.locator('.line', { hasText: 'live and blue' }).waitFor();
    expect(await page.locator('.line', { hasText: 'red' }).count()).toBe(0);
    // Neither the tenant nor who asks is in what proxies write down.
    expect(asked.filter((url) => /blue|ann|horse/.test(url))).toEqual([]);
  });

  it('says that the gateway has stopped, and goes on when it is back', async () => {
    const page = await visit(open);
    await page.fill('#tenant', 'red');
    await page.press('#tenant', 'Enter');
    await page.locator('.line', { hasText: 'a line of red' }).waitFor();
    const { dataDir } = open;
    const port = Number(new URL(open.baseUrl).port);
    await open.stop();
    await askFor(page, '{service_name="web"}');
    await text(page, /The gateway at http:\/\/127\.0\.0\.1:\d+\/ does not answer\. Is it running\?/);
    expect(await page.locator('.line').count()).toBe(0);
    open = await startServer({ environment: { SKALD_AUTH_ENABLED: 'true' }, dataDir, port });
    await page.locator('.line', { hasText: 'a line of red' }).waitFor();
  });
});
