// Asking in the page: words and LogQL, completion, time, bars, charts, what lines are made of.
import type { Page } from 'playwright-core';
import { beforeEach, expect, it } from 'vitest';
import { components, describeWith } from '../real/require-component.ts';
import { queryField, queryText } from './browser.ts';
import { visitPage } from './visit.ts';

describeWith(components.chromium, 'queries of the page', () => {
  const visit = visitPage();
  const { lines, ask, message, panel, refused } = visit;
  let page: Page;
  beforeEach(() => {
    ({ page } = visit.now());
  });

  it('reads plain words as a search and says how', async () => {
    await ask('DONE "request 77 " -nothing');
    await message(/^1 line in/);
    expect(await page.locator('#read-as code').textContent()).toBe(
      '{service_name=~".+"} |~ "(?i)DONE" |~ "(?i)request 77 " !~ "(?i)nothing"',
    );
    expect(await lines().locator('mark').allTextContents()).toEqual(['request 77 ', 'done']);
    await page.getByRole('button', { name: 'Edit as LogQL' }).click();
    expect(await queryText(page)).toBe(await page.locator('#read-as code').textContent());
  });

  it('shows what is wrong with a query where it is wrong, and nothing of the one before', async () => {
    await ask('{service_name="web"} | json | foo bar');
    await page.locator('#message.bad', { hasText: /parse error at line 1, col \d+/ }).waitFor();
    await page.locator('#query .cm-error', { hasText: 'bar' }).waitFor();
    expect(await lines().count()).toBe(0);
    expect(await page.locator('#histogram').isVisible()).toBe(false);
    await refused(400);
  });

  it.each([
    ['a comment', '{service_name="web"} # only this', /^100 lines/],
    ['a comment of its own line', '# all of it\n{service_name="web"}\n|= "request 7 "', /^1 line in/],
  ])('counts the lines of a query with %s', async (_, query, said) => {
    await ask(query);
    await message(said);
    await page.locator('#histogram svg').waitFor();
    expect(await page.locator('#message.bad').count()).toBe(0);
  });

  it('builds a selector from the label browser', async () => {
    await ask('{service_name="exact"} |= "x"');
    await panel('labels');
    const labels = page.locator('#labels');
    await labels.getByRole('button', { name: 'service_name' }).click();
    await labels.getByRole('button', { name: 'hostile' }).click();
    await labels.getByRole('button', { name: 'web', exact: true }).click();
    await labels.getByRole('button', { name: 'Use' }).click();
    await expect.poll(() => queryText(page)).toBe('{service_name=~"hostile|web"} |= "x"');
  });

  it('shows what lines are made of: patterns, values of labels and fields', async () => {
    await ask('{service_name="web"}');
    await message(/^100 lines/);
    await panel('explore');
    const explore = page.locator('#explore');
    await explore.getByRole('button', { name: 'level', exact: true }).click();
    const rows = explore.locator('tr', { hasText: 'error' });
    await rows.first().waitFor();
    expect(await rows.first().locator('.number').textContent()).toBe('15');
    await explore.getByRole('button', { name: 'Without info' }).click();
    await message(/^15 lines/);
    expect(await queryText(page)).toBe('{service_name="web"} | logfmt | level!="info"');
    await ask('{service_name="web"}');
    await message(/^100 lines/);
    const pattern = explore.getByRole('button', { name: /^Only .*request <_> done/ });
    await pattern.first().click();
    await expect.poll(() => queryText(page)).toMatch(/^{service_name="web"} \|> ".*request <_> done"$/);
    await message(/^(?:1[35]|100) lines/);
  });

  it('completes labels, values and stages', async () => {
    const offers = page.locator('#query .cm-tooltip-autocomplete li');
    await queryField(page).click();
    await page.keyboard.type('{service_n');
    await offers.filter({ hasText: 'service_name' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.type('"ho');
    await offers.filter({ hasText: 'hostile' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await queryText(page)).toBe('{service_name="hostile"}');
    await page.keyboard.press('End');
    await page.keyboard.type(' | logf');
    await offers.filter({ hasText: 'logfmt' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await queryText(page)).toBe('{service_name="hostile"} | logfmt');
  });

  it('keeps queries: those asked before, and those with a name', async () => {
    await ask('{service_name="web"} |= "request 7 "');
    await message(/^1 line in/);
    await panel('queries');
    await page.fill('#queries input', 'Seven');
    await page.getByRole('button', { name: 'Save this query' }).click();
    await page.reload();
    await panel('queries');
    await page.locator('#queries li', { hasText: 'Seven' }).waitFor();
    await ask('{service_name="hostile"}');
    await message(/^1 line in/);
    await queryField(page).press('Alt+ArrowUp');
    await expect.poll(() => queryText(page)).toBe('{service_name="web"} |= "request 7 "');
  });

  it('takes the time as typed, from the bars, and doubles it', async () => {
    await panel('time');
    await page.fill('#time-text', '2h ago to 1h ago');
    await page.press('#time-text', 'Enter');
    await message(/^No lines/);
    await panel('time');
    await page.fill('#time-text', 'a while ago');
    await page.press('#time-text', 'Enter');
    await page.locator('#time-hint.bad').waitFor();
    await page.getByRole('button', { name: 'Last hour', exact: true }).click();
    await message(/^100 lines/);
    await page.locator('.bars').waitFor();
    await page.evaluate(`document.querySelector('.bars').dataset.before = ''`);
    await page.click('#zoom-out');
    await page.locator('.bars:not([data-before])').waitFor();
    expect(await page.textContent('#time-toggle')).toBe('Last 2 h');
    const bars = await page.locator('.bars').boundingBox();
    if (bars === null) throw new Error('there are no bars');
    const y = bars.y + bars.height / 2;
    await page.mouse.move(bars.x + 2, y);
    await page.mouse.down();
    await page.mouse.move(bars.x + bars.width / 4, y, { steps: 3 });
    await page.mouse.up();
    await message(/^No lines/);
    expect(await page.textContent('#time-toggle')).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d – /);
  });

  it('narrows to levels by the legend', async () => {
    await ask('{service_name="web"}');
    const error = page.locator('#histogram .legend button', { hasText: 'error' });
    await error.click();
    await message(/^15 lines/);
    expect(await queryText(page)).toBe('{service_name="web"} | detected_level=~"error"');
    await expect.poll(() => error.getAttribute('aria-pressed')).toBe('true');
    await error.click();
    await message(/^100 lines/);
    expect(await queryText(page)).toBe('{service_name="web"}');
  });

  it('draws a metric query with its values', async () => {
    await ask('sum by (service_name) (count_over_time({service_name=~"web|hostile"}[1h]))');
    await message(/^2 series/);
    await page.locator('#series canvas').waitFor();
    const row = page.locator('#series tr', { hasText: '{service_name="web"}' }).last();
    expect(await row.locator('td.number').first().textContent()).toBe('150');
    await page.getByRole('button', { name: 'stack' }).click();
    await page.locator('#series canvas').waitFor();
    expect(await lines().count()).toBe(0);
  });
});
