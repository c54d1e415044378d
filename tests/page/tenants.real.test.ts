// The page where tenants are kept apart, and where the gateway goes away.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { push } from '../gateway/client.ts';
import { jsonBody, jsonHeaders, nowNs } from '../push-body.ts';
import { components, describeWith } from '../real/require-component.ts';
import { type Server, startServer } from '../server.ts';
import { askFor, launchBrowser, openPage, type WatchedPage } from './browser.ts';

describeWith(components.chromium, 'the page of a gateway with tenants', () => {
  let open: Server;
  let browser: Browser;
  let watched: WatchedPage;

  const send = (server: Server, tenant: string, line: string) =>
    push(server.baseUrl, jsonBody({ service_name: 'web' }, [{ timestampNs: nowNs(), line }]), {
      ...jsonHeaders,
      'X-Scope-OrgID': tenant,
    });
  const visit = async (server: Server): Promise<Page> => {
    watched = await openPage(browser, `${server.baseUrl}/`);
    return watched.page;
  };
  const text = (page: Page, wanted: RegExp) => page.locator('#message', { hasText: wanted }).waitFor();

  beforeAll(async () => {
    open = await startServer({ environment: { SKALD_AUTH_ENABLED: 'true' } });
    browser = await launchBrowser();
    for (const tenant of ['red', 'blue'])
      expect((await send(open, tenant, `a line of ${tenant}`)).status).toBe(204);
  });
  afterEach(() => watched.close());
  afterAll(async () => {
    await browser?.close();
    await open?.remove();
  });

  it('asks for the tenant, then shows and follows its lines', async () => {
    const page = await visit(open);
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
    expect((await send(open, 'red', 'a red secret')).status).toBe(204);
    expect((await send(open, 'blue', 'live and blue')).status).toBe(204);
    await page.locator('.line', { hasText: 'live and blue' }).waitFor();
    expect(await page.locator('.line', { hasText: 'red' }).count()).toBe(0);
    // It is not in what proxies write down.
    expect(asked.filter((url) => /blue/.test(url))).toEqual([]);
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
