// Ten ways through the page, as people go them: at three sizes, in both themes. At the end of each axe-core looks at what is
// on the screen, and nothing stands out to the side.
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { push } from '../gateway/client.ts';
import { jsonBody, jsonHeaders, nowNs, type PushEntry } from '../push-body.ts';
import { components, describeWith } from '../real/require-component.ts';
import { type Server, startServer } from '../server.ts';
import { askFor, launchBrowser, openPage, queryText, type WatchedPage } from './browser.ts';

const sizes = {
  desktop: { width: 1440, height: 900 },
  tablet: { width: 820, height: 1180 },
  phone: { width: 360, height: 740 },
} as const;
const themes = ['light', 'dark'] as const;
const nsPerSecond = 1_000_000_000n;
/** For what hangs. */
const waitMsMax = 100_000;
const levels = ['critical', 'error', 'warn', 'info', 'debug', 'trace', 'strange'];

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

let server: Server;

async function send(stream: Record<string, string>, entries: readonly PushEntry[]): Promise<void> {
  const answer = await push(server.baseUrl, jsonBody(stream, entries), jsonHeaders);
  expect(answer).toEqual({ status: 204, text: '' });
}

/** What the page is for, and how one gets there; `own` names what only this journey may have. */
interface Journey {
  readonly name: string;
  readonly go: (page: Page, own: string) => Promise<void>;
}

const lines = (page: Page, text: string) => page.locator('.line', { hasText: text });
const message = (page: Page, text: RegExp) => page.locator('#message', { hasText: text }).waitFor();
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).first().click();
const panel = (page: Page, name: string) => page.click(`#${name}-toggle`);

const journeys: readonly Journey[] = [
  {
    name: 'a first visit says who writes, what is collected, what is not and why',
    async go(page) {
      await page.locator('.services tr', { hasText: 'shop' }).waitFor();
      await page.locator('#histogram svg').waitFor();
      const collected = page.locator('#overview details');
      if ((await collected.getAttribute('open')) === null) await collected.locator('summary').click();
      await page
        .locator('.collectors tr', { hasText: 'files' })
        .locator('.hint', { hasText: 'no files' })
        .waitFor();
      await page
        .locator('.tiles div', { hasText: 'Disk ahead' })
        .locator('dd', { hasText: 'free' })
        .waitFor();
    },
  },
  {
    name: 'an error of last night, by words, among its neighbours',
    async go(page) {
      await panel(page, 'time');
      await page.fill('#time-text', '14h ago to 10h ago');
      await page.press('#time-text', 'Enter');
      await askFor(page, 'declined');
      await message(page, /^1 line/);
      await lines(page, 'card declined').locator('mark', { hasText: 'declined' }).waitFor();
      await lines(page, 'card declined').locator('.head').click();
      await press(page, 'Lines around it');
      await page.locator('.context li', { hasText: 'night step 3' }).waitFor();
    },
  },
  {
    name: 'a deploy followed live, with a pause',
    async go(page, own) {
      await askFor(page, `{service_name="deploy", run="${own}"}`);
      await message(page, /^No lines/);
      await page.click('#live');
      await message(page, /^Live/);
      await send({ service_name: 'deploy', run: own }, [
        { timestampNs: nowNs(), line: 'starting version 2' },
      ]);
      await lines(page, 'starting version 2').waitFor();
      await press(page, 'Pause');
      await send({ service_name: 'deploy', run: own }, [{ timestampNs: nowNs(), line: 'version 2 is up' }]);
      await press(page, 'Go on: 1 new');
      await lines(page, 'version 2 is up').waitFor();
    },
  },
  {
    name: 'a line shared by its link',
    async go(page) {
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await askFor(page, '{service_name="shop"} |= "order 7 "');
      await lines(page, 'order 7 ').locator('.head').click();
      await press(page, 'Copy link to line');
      await message(page, /in the clipboard/);
      const link = await page.evaluate<string>('navigator.clipboard.readText()');
      await page.goto('about:blank');
      await page.goto(link);
      await page.locator('.line.linked .details').waitFor();
      await lines(page, 'order 8 ').waitFor();
    },
  },
  {
    name: 'the noisiest service, as a table',
    async go(page) {
      await askFor(
        page,
        'topk(2, sum by (service_name) (count_over_time({service_name=~"shop|levels"}[1h])))',
      );
      await page.locator('#series canvas').waitFor();
      await press(page, 'newest');
      const first = page.locator('table.samples tbody tr').first();
      await first.waitFor();
      expect(await first.locator('td').first().textContent()).toBe('shop');
      expect(await first.locator('.number').textContent()).toBe('61');
      await page.reload();
      await first.waitFor();
    },
  },
  {
    name: 'what lines are made of: a pattern left out, the values of a field',
    async go(page) {
      await askFor(page, '{service_name="shop"}');
      await message(page, /^61 lines/);
      await panel(page, 'explore');
      await page.locator('#explore .counted', { hasText: 'level=error order <_> took' }).waitFor();
      await page.locator('#explore .chips').getByRole('button', { name: 'status', exact: true }).click();
      await page.getByRole('button', { name: 'Only 500', exact: true }).click();
      await message(page, /^12 lines/);
      expect(await queryText(page)).toContain('| logfmt | status="500"');
    },
  },
  {
    name: 'slow requests: a field as a column, and only what is as large',
    async go(page) {
      await askFor(page, '{service_name="shop"} |= "order 55 "');
      await message(page, /^1 line/);
      await lines(page, 'order 55 ').locator('.head').click();
      await page.getByRole('button', { name: 'Column took' }).click();
      await lines(page, 'order 55 ').locator('.column', { hasText: '55' }).waitFor();
      await askFor(page, '{service_name="shop"} | logfmt');
      await message(page, /^61 lines/);
      await lines(page, 'order 55 ').locator('.head').click();
      await page.getByRole('button', { name: 'Only took at least 55' }).click();
      await message(page, /^5 lines/);
    },
  },
  {
    name: 'an alert, its rule over time, silenced for a while, and the query behind it',
    async go(page, own) {
      await page.locator('#overview .alerts').getByRole('button', { name: 'ManyErrors' }).click();
      const rules = page.locator('#rules');
      await rules.locator('.state-firing').first().waitFor();
      await rules.getByRole('button', { name: 'ManyErrors' }).click();
      await rules.locator('canvas').waitFor();
      await rules.getByText('fires > 3.').waitFor();
      await rules.locator('.transitions tr', { hasText: 'firing' }).first().waitFor();
      await rules.getByLabel('Why it is silenced').fill(`on it: ${own}`);
      await press(page, 'Silence');
      const silence = rules.locator('.silences tr', { hasText: `on it: ${own}` });
      await silence.getByRole('button', { name: 'End' }).click();
      await silence.waitFor({ state: 'detached' });
      await press(page, 'Run this query');
      await message(page, /^1 series/);
      expect(await queryText(page)).toContain('> 3');
    },
  },
  {
    name: 'a password that was logged is deleted, and a mistaken deletion taken back',
    async go(page, own) {
      await send({ service_name: 'leak', run: own }, [{ timestampNs: nowNs(), line: `password of ${own}` }]);
      await askFor(page, `{service_name="leak", run="${own}"}`);
      await message(page, /^1 line/);
      await panel(page, 'admin');
      await press(page, 'Count them');
      await press(page, 'Delete 1 line');
      const request = page.locator('.deletions tr', { hasText: own });
      await request.getByText('hidden, waiting').waitFor();
      await page.click('#run');
      await message(page, /^No lines/);
      await request.getByRole('button', { name: 'Cancel' }).click();
      await page.locator('#admin').getByText('Cancelled').waitFor();
      await page.click('#run');
      await message(page, /^1 line/);
    },
  },
  {
    name: 'a query with a mistake, put right by the guide, and kept under a name',
    async go(page) {
      await askFor(page, '{service_name="shop"} |= ');
      await page.locator('#message.bad', { hasText: 'parse error' }).waitFor();
      await page.locator('#query .cm-error').waitFor();
      await page.click('#guide-open');
      await page
        .locator('#guide')
        .getByRole('button', { name: /detected_level="error"/ })
        .click();
      await message(page, /lines in/);
      await panel(page, 'queries');
      await page.getByLabel('Name for this query').fill('errors');
      await press(page, 'Save this query');
      await page.locator('#queries li', { hasText: 'errors' }).first().waitFor();
    },
  },
];

describeWith(components.chromium, 'journeys', () => {
  let browser: Browser;
  beforeAll(async () => {
    server = await startServer({ environment: { SKALD_COLLECTORS: 'docker,files' } });
    browser = await launchBrowser();
    const startNs = nowNs() - 1200n * nsPerSecond;
    const nightNs = nowNs() - 43_200n * nsPerSecond;
    await send(
      { service_name: 'levels', env: 'prod' },
      levels.map((level, n) => ({
        timestampNs: startNs + BigInt(n),
        line: `level=${level} n=${n} \u001b[3${n}mcolour\u001b[0m \u001b[4${n}mground\u001b[0m`,
      })),
    );
    await send({ service_name: 'shop', env: 'prod' }, [
      ...Array.from({ length: 60 }, (_, n) => ({
        timestampNs: startNs + BigInt(n) * nsPerSecond,
        line: `level=${n % 5 === 0 ? 'error' : 'info'} order ${n} took=${n} status=${n % 5 === 0 ? 500 : 200}`,
      })),
      {
        timestampNs: startNs + 61n * nsPerSecond,
        line: '{"msg":"restocked","items":[1,2.50],"level":"info"}',
      },
    ]);
    await send(
      { service_name: 'payments' },
      Array.from({ length: 8 }, (_, n) => ({
        timestampNs: nightNs + BigInt(n) * nsPerSecond,
        line: n === 4 ? '{"level":"error","msg":"card declined"}' : `level=info night step ${n}`,
      })),
    );
    const rule = [
      'name: shop',
      'interval: 1s',
      'rules:',
      '  - alert: ManyErrors',
      '    expr: sum(count_over_time({service_name="shop"} |= "level=error" [1h])) > 3',
      '    annotations: {summary: "{{ $value }} errors of the shop"}',
    ].join('\n');
    const made = await fetch(`${server.baseUrl}/loki/api/v1/rules/shop`, { method: 'POST', body: rule });
    expect(made.status).toBe(202);
    const alerts = async () => (await fetch(`${server.baseUrl}/prometheus/api/v1/alerts`)).text();
    await vi.waitFor(async () => expect(await alerts()).toContain('"firing"'), { timeout: waitMsMax });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.remove();
  });

  describe.each(Object.entries(sizes))('%s', (size, viewport) => {
    let watched: WatchedPage;
    beforeEach(async () => {
      watched = await openPage(browser, `${server.baseUrl}/`, { viewport });
      await watched.page.locator('.line').first().waitFor();
    });
    afterEach(() => watched.close());

    it.each(journeys)('$name', async ({ go }) => {
      const { page, faults, foreignHosts } = watched;
      await go(page, size);
      await page.evaluate(axe.source);
      for (const colorScheme of themes) {
        await page.emulateMedia({ colorScheme });
        const found = await page.evaluate<readonly Violation[]>(
          'axe.run().then(({ violations }) => violations)',
        );
        const said = found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
        expect([colorScheme, said]).toEqual([colorScheme, []]);
      }
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(viewport.width);
      // The browser's own note of a query that was refused.
      expect(faults.filter((fault) => !fault.includes('status of 400'))).toEqual([]);
      expect([...foreignHosts]).toEqual([]);
    });
  });
});
