// Signing in on the page: by password and by token, what is kept and where, tenants of one's own, and signing out.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { hashToken } from '../../src/http/auth/credentials.ts';
import { hashPassword } from '../../src/http/auth/password-hash.ts';
import { push } from '../gateway/client.ts';
import { jsonBody, jsonHeaders, nowNs } from '../push-body.ts';
import { components, describeWith } from '../real/require-component.ts';
import { type Server, startServer } from '../server.ts';
import { launchBrowser, openPage, type WatchedPage } from './browser.ts';

const passwords = { ann: 'cörrect horse', bob: 'battery staple' };
const token = 'a-long-and-random-token';
const configuration = `
auth_enabled: true
auth:
  users:
    - {name: ann, password_hash: '${hashPassword(passwords.ann)}', scopes: [query], tenants: [red, blue]}
    - {name: bob, password_hash: '${hashPassword(passwords.bob)}', scopes: [query, admin], tenants: [blue]}
  tokens:
    - {name: operator, token_hash: '${hashToken(token)}'}
`;

describeWith(components.chromium, 'signing in', () => {
  let server: Server;
  let browser: Browser;
  let watched: WatchedPage;
  let page: Page;
  const requests: string[] = [];

  beforeAll(async () => {
    const first = await startServer();
    const file = join(first.dataDir, 'skald.yaml');
    writeFileSync(file, configuration);
    await first.stop();
    server = await startServer({ dataDir: first.dataDir, arguments: ['--config.file', file] });
    browser = await launchBrowser();
    for (const tenant of ['red', 'blue']) {
      const body = jsonBody({ service_name: 'web' }, [{ timestampNs: nowNs(), line: `a line of ${tenant}` }]);
      const headers = { ...jsonHeaders, 'X-Scope-OrgID': tenant, Authorization: `Bearer ${token}` };
      expect((await push(server.baseUrl, body, headers)).status).toBe(204);
    }
  });
  afterAll(async () => {
    await browser?.close();
    await server?.remove();
  });
  beforeEach(async () => {
    watched = await openPage(browser, `${server.baseUrl}/`);
    ({ page } = watched);
    requests.length = 0;
    page.on('request', (request) => requests.push(request.url()));
    await page.locator('#sign-in').waitFor();
  });
  afterEach(async () => {
    // What the browser itself writes of a refusal, which a stranger meets; and nothing else.
    expect(watched.faults.filter((fault) => !/status of 40[13]/.test(fault))).toEqual([]);
    await watched.close();
  });

  const signIn = async (name: string, password: string): Promise<void> => {
    const form = page.locator('#sign-in');
    await form.getByLabel('Name').fill(name);
    await form.getByLabel('Password').fill(password);
    await page.keyboard.press('Enter');
  };
  const line = (text: string) => page.locator('.line', { hasText: text });

  it('shows nothing before, and says what is wrong', async () => {
    expect(await page.locator('#main').isHidden()).toBe(true);
    expect(await page.evaluate('document.activeElement.autocomplete')).toBe('username');
    await signIn('ann', 'wrong');
    await page.getByRole('alert').filter({ hasText: 'These are not known here.' }).waitFor();
    expect(await page.locator('#main').isHidden()).toBe(true);
    await page.keyboard.type(passwords.ann);
    await page.keyboard.press('Enter');
    await line('a line of red').waitFor();
  });

  it('is kept over a reload and in other tabs, without the password being anywhere in the page', async () => {
    await signIn('ann', passwords.ann);
    await line('a line of red').waitFor();
    expect(await page.inputValue('#tenant')).toBe('red');
    await page.reload();
    await line('a line of red').waitFor();
    const tab = await page.context().newPage();
    await tab.goto(`${server.baseUrl}/`);
    await tab.locator('.line', { hasText: 'a line of red' }).waitFor();
    await tab.fill('#tenant', 'blue');
    await tab.press('#tenant', 'Enter');
    await tab.locator('.line', { hasText: 'a line of blue' }).waitFor();
    const kept = await page.evaluate<string>(
      `JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }, location.href])`,
    );
    expect([kept, ...requests].filter((text) => /horse|ann/.test(text))).toEqual([]);
    expect(kept).toContain('[""');
  });

  it('follows live by the session', async () => {
    await signIn('bob', passwords.bob);
    await line('a line of blue').waitFor();
    expect(await page.locator('#tenant-field').isHidden()).toBe(true);
    await page.click('#live');
    await page.locator('#message', { hasText: /^Live: 1 line/ }).waitFor();
  });

  it('takes a token, and forgets all when signing out', async () => {
    await page.getByRole('button', { name: 'Sign in with a token' }).click();
    await page.locator('#sign-in').getByLabel('Token').fill(token);
    await page.keyboard.press('Enter');
    await page.locator('#message', { hasText: 'Type the name of yours' }).waitFor();
    await page.keyboard.type('blue');
    await page.keyboard.press('Enter');
    await line('a line of blue').waitFor();
    expect(await page.locator('#account').textContent()).toContain('operator');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.locator('#sign-in form').waitFor();
    expect(await page.locator('.line').count()).toBe(0);
    expect(await page.context().cookies()).toEqual([]);
  });

  it('is asked for again when the session has ended meanwhile', async () => {
    await signIn('bob', passwords.bob);
    await line('a line of blue').waitFor();
    await page.context().clearCookies();
    await page.click('#run');
    await page.locator('#sign-in form').waitFor();
    await signIn('bob', passwords.bob);
    await line('a line of blue').waitFor();
  });
});
