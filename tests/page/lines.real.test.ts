// Lines in the page: many of them, opened ones, as they were written, copied and saved.
import type { Page } from 'playwright-core';
import { beforeEach, expect, it } from 'vitest';
import { components, describeWith } from '../real/require-component.ts';
import { queryText } from './browser.ts';
import { attack, exactJson, visitPage } from './visit.ts';

describeWith(components.chromium, 'lines of the page', () => {
  const visit = visitPage();
  const { lines, ask, message, openLine, panel } = visit;
  let page: Page;
  beforeEach(() => {
    ({ page } = visit.now());
  });

  it('opens a line with its labels and narrows the query by one', async () => {
    await openLine('request 149 ');
    const details = page.locator('.details');
    expect(await details.locator('caption').allTextContents()).toEqual(['Stream', 'Structured metadata']);
    await details.getByRole('button', { name: 'Only trace_id = trace-149' }).click();
    await message(/^1 line in/);
    expect(await queryText(page)).toBe('{service_name=~".+"} | trace_id="trace-149"');
    await openLine('request 149 ');
    await page.getByRole('button', { name: 'Without service_name = web' }).click();
    await message(/^No lines/);
    expect(await queryText(page)).toBe('{service_name=~".+", service_name!="web"} | trace_id="trace-149"');
  });

  it('shows JSON as it was written, and its fields', async () => {
    await ask('{service_name="exact"} |= "price"');
    await message(/^1 line in/);
    await openLine('price');
    const details = page.locator('.details');
    const shown = (await details.locator('pre').textContent()) ?? '';
    expect(shown.replace(/\s+/g, '')).toBe(exactJson);
    expect(shown.split('\n').length).toBe(14);
    const fields = details.locator('table', { hasText: 'Fields of the line' }).locator('tr');
    expect(
      await fields.evaluateAll((rows) =>
        rows.map((row) => (row as unknown as { textContent: string }).textContent),
      ),
    ).toEqual(['id=≠▥≥12345678901234567890', 'price=≠▥≥1.10', 'who_name=≠▥Zoë', 'price=≠▥≥2.50']);
    await details.getByRole('button', { name: 'Only who_name = Zoë' }).click();
    await message(/^1 line in/);
    expect(await queryText(page)).toBe('{service_name="exact"} |= "price" | json | who_name="Zoë"');
  });

  it('compares fields of key=value lines and shows them as columns', async () => {
    await ask('{service_name="exact"} |= "took"');
    await openLine('took=12');
    await page.getByRole('button', { name: 'Column path' }).click();
    expect(await page.locator('.column').allTextContents()).toEqual(['/a b']);
    await page.getByRole('button', { name: 'Only status at least 500' }).click();
    await message(/^1 line in/);
    expect(await queryText(page)).toBe('{service_name="exact"} |= "took" | logfmt | status>=500');
    await page.reload();
    await page.locator('.column', { hasText: '/a b' }).waitFor();
  });

  it('shows the colours of terminals', async () => {
    await ask('{service_name="exact"} |= "red"');
    await message(/^1 line in/);
    const text = lines().locator('.text');
    expect(await text.textContent()).toBe('red and bold');
    expect(await text.locator('.ansi-1').textContent()).toBe('red');
    expect(await text.locator('.ansi-bold').getAttribute('style')).toBe('color: rgb(1, 2, 3);');
  });

  it('shows the lines around one', async () => {
    await ask('{service_name="web"} |= "request 77 "');
    await openLine('request 77 ');
    await page.getByRole('button', { name: 'Lines around it' }).click();
    await page.locator('.context li').nth(20).waitFor();
    const around = await page.locator('.context .text').allTextContents();
    expect(around.map((text) => Number(/\d+/.exec(text)?.[0]))).toEqual(
      Array.from({ length: 21 }, (_, n) => 67 + n),
    );
    await page.getByRole('button', { name: 'Earlier' }).click();
    await page.locator('.context li', { hasText: 'request 57 ' }).waitFor();
  });

  it('keeps few elements however many lines there are, and loads older ones, each once', async () => {
    await ask('{service_name="many"}');
    await panel('time');
    await page.getByRole('button', { name: 'Last 6 hours' }).click();
    await page.selectOption('#limit', '5000');
    await message(/^5K lines/);
    for (const said of [/^10K lines/, /^12K lines/]) {
      await page.evaluate('scrollTo(0, document.body.scrollHeight)');
      await message(said);
    }
    await page.locator('#older').waitFor({ state: 'hidden' });
    expect(await page.evaluate<number>(`document.querySelectorAll('#lines *').length`)).toBeLessThan(2000);
    // Every row in its place: the numbers on the screen follow each other, wherever it is scrolled to.
    for (const part of [1, 0.5, 0.25, 0]) {
      await page.evaluate(`scrollTo(0, document.body.scrollHeight * ${part})`);
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
      const rows = await page.locator('.line .text').allTextContents();
      const numbers = rows.map((text) => Number(/\d+/.exec(text)?.[0]));
      expect(numbers.length).toBeGreaterThan(20);
      expect(numbers).toEqual(numbers.map((_, n) => (numbers[0] ?? 0) + n));
    }
    await lines('many 0').first().waitFor();
  });

  it('shows text of log lines, labels and metadata as text', async () => {
    await ask('{service_name="hostile"}');
    await message(/^1 line in/);
    await lines().first().locator('.head').click();
    expect(await page.locator('.text').textContent()).toBe(attack);
    expect(await page.locator('.details td').allTextContents()).toEqual(
      expect.arrayContaining([attack, 'hostile']),
    );
    await page.getByRole('button', { name: 'Column env' }).click();
    await panel('labels');
    await page.locator('#labels').getByRole('button', { name: 'env' }).click();
    await page.locator('#labels').getByRole('button', { name: attack }).waitFor();
    expect(await page.locator('#lines img, #lines script').count()).toBe(0);
    expect(await page.title()).toBe('Skald');
  });

  it('copies without the browser’s permission, or shows the text selected', async () => {
    // As on pages without TLS, where browsers have no clipboard for scripts.
    await page.evaluate(`Object.defineProperty(navigator, 'clipboard', { value: undefined })`);
    await openLine('request 149 ');
    await page.getByRole('button', { name: 'Copy line' }).click();
    await message(/The line is in the clipboard/);
    await page.evaluate(`document.execCommand = () => false`);
    await page.getByRole('button', { name: 'Copy line' }).click();
    await page.locator('#copy textarea').waitFor();
    expect(await page.evaluate('document.getSelection().toString()')).toBe('level=info request 149 done');
    const box = await page.locator('#copy textarea').boundingBox();
    expect(box?.y).toBeGreaterThan(0);
    expect(box?.y).toBeLessThan(900);
  });

  it.each([
    ['Text', /\.log$/, (text: string) => text.split('\n').length - 1],
    [
      'JSON lines',
      /\.jsonl$/,
      (text: string) =>
        text
          .trimEnd()
          .split('\n')
          .map((row) => JSON.parse(row) as object).length,
    ],
    ['CSV', /\.csv$/, (text: string) => text.trimEnd().split('\r\n').length - 1],
  ])('downloads the whole range as %s', async (title, name, count) => {
    await ask('{service_name="many"} != "\\n"');
    await panel('time');
    await page.getByRole('button', { name: 'Last 6 hours' }).click();
    await message(/lines/);
    await panel('download');
    const download = page.waitForEvent('download');
    await page.locator('#download').getByRole('button', { name: title }).click();
    const file = await download;
    expect(file.suggestedFilename()).toMatch(name);
    let text = '';
    for await (const chunk of await file.createReadStream()) text += String(chunk);
    expect(count(text)).toBe(10_285);
    await page.locator('#download p', { hasText: /10.3K lines\.$/ }).waitFor();
  });
});
