// The page in a real browser against the built gateway: what people click, type and see, and what must never happen.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { push } from '../gateway/client.ts';
import { jsonBody, jsonHeaders, nowNs, type PushEntry } from '../push-body.ts';
import { components, describeWith } from '../real/require-component.ts';
import { type Server, startServer } from '../server.ts';
import { launchBrowser, openPage, type WatchedPage } from './browser.ts';

const nsPerSecond = 1_000_000_000n;
const attack = '<img src=x onerror="document.title=1"><script>document.title=2</script>';

describeWith(components.chromium, 'the page', () => {
  let server: Server;
  let browser: Browser;
  let watched: WatchedPage;
  let page: Page;
  const send = async (stream: Record<string, string>, entries: readonly PushEntry[]): Promise<void> => {
    const answer = await push(server.baseUrl, jsonBody(stream, entries), jsonHeaders);
    expect(answer).toEqual({ status: 204, text: '' });
  };
  const lines = (text?: string) => page.locator('.line', text === undefined ? {} : { hasText: text });
  const ask = async (query: string): Promise<void> => {
    await page.fill('#query', query);
    await page.press('#query', 'Enter');
  };
  const message = (text: RegExp) => page.locator('#message', { hasText: text }).waitFor();

  beforeAll(async () => {
    server = await startServer();
    browser = await launchBrowser();
    const startNs = nowNs() - 600n * nsPerSecond;
    await send(
      { service_name: 'web', env: 'prod' },
      Array.from({ length: 150 }, (_, n) => ({
        timestampNs: startNs + BigInt(n) * nsPerSecond,
        line: `level=${n % 10 === 0 ? 'error' : 'info'} request ${n} done`,
        structuredMetadata: { trace_id: `trace-${n}` },
      })),
    );
    await send({ service_name: 'hostile', env: attack }, [
      { timestampNs: startNs, line: attack, structuredMetadata: { field: attack } },
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.remove();
  });
  beforeEach(async () => {
    watched = await openPage(browser, `${server.baseUrl}/`);
    ({ page } = watched);
    await lines().first().waitFor();
  });
  afterEach(async () => {
    const { faults, foreignHosts } = watched;
    await watched.close();
    expect(faults).toEqual([]);
    expect([...foreignHosts]).toEqual([]);
  });

  it('shows the newest lines and their volume at once', async () => {
    expect(await lines().count()).toBe(100);
    expect(await lines().first().locator('.text').textContent()).toBe('level=info request 149 done');
    await page.locator('#histogram .legend', { hasText: 'error 15' }).waitFor();
  });

  it('asks what is typed and keeps it in the address', async () => {
    await ask('{service_name="web"} |= "request 77 "');
    await message(/^1 lines/);
    expect(await lines().count()).toBe(1);
    const address = page.url();
    await page.goto('about:blank');
    await page.goto(address);
    await lines('request 77 done').waitFor();
    expect(await page.inputValue('#query')).toBe('{service_name="web"} |= "request 77 "');
  });

  it('shows what is wrong with a query in the words of the gateway', async () => {
    await page.fill('#query', '{service_name=}');
    const refused = page.waitForResponse((response) => response.status() === 400);
    await page.press('#query', 'Enter');
    const text = await (await refused).text();
    await page.locator('#message.bad', { hasText: text.slice(0, 20) }).waitFor();
    // The browser's own note of the refused request, and nothing else.
    await expect.poll(() => watched.faults).toEqual([expect.stringContaining('400')]);
    (watched.faults as string[]).length = 0;
  });

  it('opens a line with its labels and narrows the query by one', async () => {
    await lines('request 149 ').locator('.head').click();
    const details = page.locator('.details');
    expect(await details.locator('caption').allTextContents()).toEqual(['Stream', 'Structured metadata']);
    await details.getByRole('button', { name: 'Only trace_id = trace-149' }).click();
    await message(/^1 lines/);
    expect(await page.inputValue('#query')).toBe('{service_name=~".+"} | trace_id="trace-149"');
    await lines('request 149 ').locator('.head').click();
    await page.getByRole('button', { name: 'Without service_name = web' }).click();
    await message(/^No lines/);
    expect(await page.inputValue('#query')).toBe(
      '{service_name=~".+", service_name!="web"} | trace_id="trace-149"',
    );
  });

  it('loads older lines, each once', async () => {
    await ask('{service_name="web"}');
    await message(/more in the range/);
    await page.click('#older');
    await lines('request 0 done').waitFor();
    expect(new Set(await page.locator('.text').allTextContents()).size).toBe(150);
    expect(await lines().count()).toBe(150);
  });

  it('builds a selector from the label browser', async () => {
    await page.click('#labels-toggle');
    const panel = page.locator('#labels');
    await panel.getByRole('button', { name: 'service_name' }).click();
    await panel.getByRole('button', { name: 'hostile' }).click();
    await panel.getByRole('button', { name: 'web', exact: true }).click();
    await panel.getByRole('button', { name: 'Use' }).click();
    expect(await page.inputValue('#query')).toBe('{service_name=~"hostile|web"}');
    await message(/lines/);
  });

  it('draws a metric query', async () => {
    await ask('sum by (service_name) (count_over_time({env=~".+"}[5m]))');
    await message(/^2 series/);
    expect(await page.locator('#series polyline').count()).toBe(2);
    await page.locator('#series th', { hasText: '{service_name="web"}' }).waitFor();
  });

  it('follows lines live and stops', async () => {
    await page.fill('#query', '{service_name="live"}');
    const socket = page.waitForEvent('websocket');
    await page.click('#live');
    await socket;
    await message(/^Live/);
    for (const n of [1, 2, 3])
      await send({ service_name: 'live' }, [{ timestampNs: nowNs(), line: `level=warn live ${n}` }]);
    await lines('live 3').waitFor();
    expect(await page.locator('.text').allTextContents()).toEqual(
      [3, 2, 1].map((n) => `level=warn live ${n}`),
    );
    expect(await page.locator('.line.level-warn').count()).toBe(3);
    await page.click('#live');
    await message(/Stopped/);
    expect(await page.getAttribute('#live', 'aria-pressed')).toBe('false');
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
    await page.keyboard.press('Escape');
    expect(await focused()).toBe('query');
  });

  it('shows text of log lines, labels and metadata as text', async () => {
    await ask('{service_name="hostile"}');
    await message(/^1 lines/);
    await lines().first().locator('.head').click();
    expect(await page.locator('.text').textContent()).toBe(attack);
    expect(await page.locator('.details td').allTextContents()).toEqual(
      expect.arrayContaining([attack, 'hostile']),
    );
    expect(await page.locator('#lines img, #lines script').count()).toBe(0);
    await page.click('#labels-toggle');
    await page.locator('#labels').getByRole('button', { name: 'env' }).click();
    await page.locator('#labels').getByRole('button', { name: attack }).waitFor();
    expect(await page.title()).toBe('Skald');
  });

  it('tells the state of the gateway', async () => {
    await page.click('#status-toggle');
    const since = page.locator('#status .tiles div', { hasText: 'Since start' });
    await since.waitFor();
    expect(Number.parseInt((await since.locator('dd').first().textContent()) ?? '', 10)).toBeGreaterThan(150);
    await page.locator('#status .collectors tr', { hasText: 'docker' }).waitFor();
    await page.locator('#status dd.more', { hasText: /next run \d\d:\d\d:\d\d/ }).waitFor();
  });

  it('copies a curl command that gives the same lines', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await ask(`{service_name="web"} |= "request 77 "`);
    await message(/^1 lines/);
    await page.click('#copy-curl');
    await message(/in the clipboard/);
    const command = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(command).toContain(`--data-urlencode 'query={service_name="web"} |= "request 77 "'`);
    expect(command).toContain(`curl -sG '${server.baseUrl}/loki/api/v1/query_range'`);
    await page.click('#copy-grafana');
    await message(/Grafana link/);
    const link = new URL(await page.evaluate<string>('navigator.clipboard.readText()'));
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

  it('fits a phone', async () => {
    await page.setViewportSize({ width: 360, height: 700 });
    await page.click('#status-toggle');
    await page.click('#labels-toggle');
    await lines().first().locator('.head').click();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  });

  it('names every field and button for those who do not see them', async () => {
    await page.click('#status-toggle');
    await page.click('#labels-toggle');
    await page.locator('#labels .chips button').first().waitFor();
    const nameless = await page.evaluate(`[...document.querySelectorAll('button, input, select')]
      .filter((field) => !field.textContent.trim() && !field.getAttribute('aria-label')
        && !(field.labels?.[0]?.textContent ?? '').trim())
      .map((field) => field.outerHTML)`);
    expect(nameless).toEqual([]);
  });
});
