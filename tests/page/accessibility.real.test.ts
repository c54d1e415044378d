// What axe-core finds in the page: nothing, at three sizes, in both themes, in all that can be opened.
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { push } from '../gateway/client.ts';
import { jsonBody, jsonHeaders, nowNs } from '../push-body.ts';
import { components, describeWith } from '../real/require-component.ts';
import { type Server, startServer } from '../server.ts';
import { askFor, launchBrowser, openPage } from './browser.ts';

const levels = ['critical', 'error', 'warn', 'info', 'debug', 'trace', 'strange'];
const sizes = {
  desktop: { width: 1440, height: 900 },
  laptop: { width: 1024, height: 700 },
  phone: { width: 360, height: 740 },
} as const;

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** Rule and first element of each violation. */
async function violations(page: Page): Promise<readonly string[]> {
  const found = await page.evaluate<readonly Violation[]>('axe.run().then(({ violations }) => violations)');
  return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
}

describeWith(components.chromium, 'the page for everyone', () => {
  let server: Server;
  let browser: Browser;

  beforeAll(async () => {
    server = await startServer({ environment: { SKALD_COLLECTORS: 'docker,files' } });
    browser = await launchBrowser();
    const lines = levels.map(
      (level, n) => `level=${level} n=${n} \u001b[3${n}mcolour\u001b[0m \u001b[4${n}mground\u001b[0m`,
    );
    const entries = lines.map((line, n) => ({ timestampNs: nowNs() - BigInt(n) * 60_000_000_000n, line }));
    const answer = await push(
      server.baseUrl,
      jsonBody({ service_name: 'web', env: 'prod' }, entries),
      jsonHeaders,
    );
    expect(answer.status).toBe(204);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.remove();
  });

  const cases = Object.entries(sizes).flatMap(([size, viewport]) =>
    (['light', 'dark'] as const).map((colorScheme) => ({ size, viewport, colorScheme })),
  );
  it.each(cases)('$size, $colorScheme', async ({ viewport, colorScheme }) => {
    const { page, close } = await openPage(browser, `${server.baseUrl}/`, { viewport, colorScheme });
    await page.evaluate(axe.source);
    const width = () => page.evaluate('document.documentElement.scrollWidth');
    await page.locator('.services table').waitFor();
    await page.locator('#histogram svg').waitFor();
    expect(await violations(page)).toEqual([]);
    expect(await width()).toBe(viewport.width);

    await askFor(page, 'colour ground');
    await page.locator('.line mark').first().waitFor();
    await page.locator('.line .head').first().click();
    await page.getByRole('button', { name: 'Lines around it' }).click();
    await page.locator('.context li').nth(2).waitFor();
    for (const panel of [
      'time',
      'explore',
      'labels',
      'queries',
      'view',
      'share',
      'download',
      'rules',
      'admin',
    ]) {
      await page.click(`#${panel}-toggle`);
      if (panel === 'labels' || panel === 'explore')
        await page.locator(`#${panel} .chips button`).first().waitFor();
      expect([panel, await violations(page), await width()]).toEqual([panel, [], viewport.width]);
    }

    await askFor(page, 'sum by (detected_level) (count_over_time({env="prod"}[5m]))');
    await page.locator('#series canvas').waitFor();
    expect(await violations(page)).toEqual([]);
    expect(await width()).toBe(viewport.width);
    await page.click('#guide-open');
    expect(await violations(page)).toEqual([]);
    await close();
  });
});
