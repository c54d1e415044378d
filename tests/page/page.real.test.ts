// The page in a real browser against the built gateway: what it shows at once, its links, keys and colours.
import type { Page } from 'playwright-core';
import { beforeEach, expect, it } from 'vitest';
import { components, describeWith } from '../real/require-component.ts';
import type { Server } from '../server.ts';
import { queryText } from './browser.ts';
import { visitPage } from './visit.ts';

describeWith(components.chromium, 'the page', () => {
  const visit = visitPage();
  const { lines, ask, message, openLine, panel, clipboard } = visit;
  let page: Page;
  let server: Server;
  beforeEach(() => {
    ({ page, server } = visit.now());
  });

  it('shows the newest lines, their volume and the services at once', async () => {
    await message(/^100 lines in \d+ ms, more in the range$/);
    expect(await lines().first().locator('.text').textContent()).toBe('level=info request 149 done');
    expect(await lines().first().locator('.source').textContent()).toBe('web');
    await page.locator('#histogram .legend', { hasText: 'error 15' }).waitFor();
    const web = page.locator('.services tr', { hasText: 'web' });
    await web.waitFor();
    expect(await web.locator('td').allTextContents()).toEqual(['150', '15', '–', '']);
    await web.getByRole('button', { name: '15 errors of web' }).click();
    await message(/^15 lines/);
    expect(await queryText(page)).toBe(`{service_name="web"} | detected_level=~"error|critical|fatal"`);
  });

  it('comes compressed, and is not sent to who has it', async () => {
    for (const path of ['', 'page/main.js', 'page/style.css', 'page/licenses.txt']) {
      const url = `${server.baseUrl}/${path}`;
      const plain = await fetch(url, { headers: { 'Accept-Encoding': 'identity' } });
      const packed = await fetch(url, { headers: { 'Accept-Encoding': 'br, gzip' } });
      expect(plain.headers.get('content-encoding')).toBeNull();
      expect(packed.headers.get('content-encoding')).toBe('gzip');
      expect(await packed.text()).toBe(await plain.text());
      const entityTag = packed.headers.get('etag') ?? '';
      const again = await fetch(url, { headers: { 'If-None-Match': entityTag } });
      expect([again.status, await again.text()]).toEqual([304, '']);
      expect((await fetch(url, { headers: { 'If-None-Match': '"other"' } })).status).toBe(200);
    }
  });

  it('asks what is typed and keeps it in the address', async () => {
    await ask('{service_name="web"} |= "request 77 "');
    await message(/^1 line in/);
    const address = page.url();
    await page.goto('about:blank');
    await page.goto(address);
    await lines('request 77 done').waitFor();
    expect(await queryText(page)).toBe('{service_name="web"} |= "request 77 "');
  });

  it('goes back and forward, and to a link that is pasted into the open tab', async () => {
    await ask('{service_name="web"}');
    await message(/^100 lines/);
    await ask('{service_name="hostile"}');
    await message(/^1 line in/);
    await page.goBack();
    await message(/^100 lines/);
    expect(await queryText(page)).toBe('{service_name="web"}');
    await page.goForward();
    await message(/^1 line in/);
    await page.evaluate(
      `location.hash = new URLSearchParams({ query: '{service_name="exact"}' }).toString()`,
    );
    await message(/^3 lines/);
    expect(await queryText(page)).toBe('{service_name="exact"}');
  });

  it('makes links that show others the same lines later, or the range as of then', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await ask('{service_name="web"}');
    await message(/^100 lines/);
    const inAddress = new URLSearchParams(new URL(page.url()).hash.slice(1));
    expect(inAddress.get('range')).toMatch(/^\d{13}-\d{13}$/);
    await panel('share');
    await page.getByRole('button', { name: 'Copy link to these lines' }).click();
    await message(/in the clipboard/);
    expect(await clipboard()).toMatch(/range=\d{13}-\d{13}/);
    await page.getByRole('button', { name: 'Copy link to this range as of then' }).click();
    await expect.poll(clipboard).toMatch(/range=1h/);
    // Who made it goes on with the last hour, also after reloading.
    await page.reload();
    await message(/^100 lines/);
    expect(await page.textContent('#time-toggle')).toBe('Last hour');
  });

  it('makes a link to one line, which opens it among its neighbours', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await ask('{service_name="web"} |= "request 77 "');
    await message(/^1 line in/);
    await openLine('request 77 ');
    await page.getByRole('button', { name: 'Copy link to line' }).click();
    await message(/link to the line/);
    const link = await clipboard();
    await page.goto('about:blank');
    await page.goto(link);
    const linked = page.locator('.line.linked');
    await linked.locator('.details').waitFor();
    expect(await linked.locator('.text').textContent()).toBe('level=info request 77 done');
    await lines('request 78 done').first().waitFor();
    await lines('request 76 done').first().waitFor();
  });

  it('is driven by keys', async () => {
    const focused = (): Promise<string> =>
      page.evaluate(`document.activeElement.id || document.activeElement.className`);
    await page.keyboard.press('/');
    expect(await focused()).toBe('query');
    await page.keyboard.press('ArrowDown');
    expect(await focused()).toBe('head');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    expect(await lines().nth(1).locator('.head').getAttribute('aria-expanded')).toBe('true');
    await page.keyboard.press('Escape');
    expect(await page.locator('.details').count()).toBe(0);
    await page.keyboard.press('End');
    await expect
      .poll(() => page.evaluate(`document.activeElement.closest('li')?.ariaPosInSet`))
      .not.toBe('2');
    await page.keyboard.press('Home');
    await page.keyboard.press('Escape');
    expect(await focused()).toBe('query');
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await page.locator('#guide', { hasText: 'Keys' }).waitFor();
    await page.getByRole('button', { name: '{service_name=~".+"} | detected_level="error"' }).click();
    await message(/^15 lines/);
  });

  it('shows which alerts are firing', async () => {
    const rule = [
      'name: web',
      'interval: 1s',
      'rules:',
      '  - alert: ManyErrors',
      '    expr: sum(count_over_time({service_name="web"} |= "level=error" [1h])) > 3',
      '    annotations: {summary: "{{ $value }} errors of web"}',
    ].join('\n');
    const path = `${server.baseUrl}/loki/api/v1/rules/page`;
    const made = await fetch(path, { method: 'POST', body: rule });
    expect(made.status).toBe(202);
    const firing = async () => (await fetch(`${server.baseUrl}/prometheus/api/v1/alerts`)).text();
    await expect.poll(firing).toContain('"firing"');
    await page.reload();
    const row = page.locator('#overview .alerts tr', { hasText: 'ManyErrors' });
    await row.waitFor();
    expect(await row.textContent()).toMatch(/^ManyErrorsfiring\d\d-\d\d \d\d:\d\d15 errors of web$/);
    expect((await fetch(path, { method: 'DELETE' })).status).toBe(202);
  });

  it('tells the state of the gateway', async () => {
    const since = page.locator('#overview .tiles div', { hasText: 'Since start' });
    await since.waitFor();
    expect(Number.parseInt((await since.locator('dd').first().textContent()) ?? '', 10)).toBeGreaterThan(11);
    await page.locator('#overview .collectors tr', { hasText: 'docker' }).waitFor();
    await page.locator('#overview dd.more', { hasText: /next run \d\d:\d\d:\d\d/ }).waitFor();
  });

  it('copies a curl command and a link to Grafana that give the same lines', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await ask(`{service_name="web"} |= "request 77 "`);
    await message(/^1 line in/);
    await panel('share');
    await page.getByRole('button', { name: 'Copy curl command' }).click();
    await message(/in the clipboard/);
    const command = await clipboard();
    expect(command).toContain(`--data-urlencode 'query={service_name="web"} |= "request 77 "'`);
    expect(command).toContain(`curl -sG '${server.baseUrl}/loki/api/v1/query_range'`);
    await page.getByRole('button', { name: 'Copy Grafana link' }).click();
    await message(/Grafana link/);
    const link = new URL(await clipboard());
    const panes = JSON.parse(link.searchParams.get('panes') ?? '') as {
      skald: { queries: { expr: string }[]; range: unknown };
    };
    expect(link.pathname).toBe('/explore');
    expect(panes.skald.queries[0]?.expr).toBe('{service_name="web"} |= "request 77 "');
    expect(panes.skald.range).toEqual({ from: 'now-1h', to: 'now' });
  });

  it('remembers the colours chosen', async () => {
    const scheme = (): Promise<string> =>
      page.evaluate('getComputedStyle(document.documentElement).colorScheme');
    await page.click('#theme');
    await page.click('#theme');
    expect(await scheme()).toBe('dark');
    await page.reload();
    await lines().first().waitFor();
    expect(await scheme()).toBe('dark');
  });
});
