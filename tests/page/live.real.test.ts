// Lines that come live.
import type { Page } from 'playwright-core';
import { beforeEach, expect, it } from 'vitest';
import { nowNs } from '../push-body.ts';
import { components, describeWith } from '../real/require-component.ts';
import { fillQuery } from './browser.ts';
import { visitPage } from './visit.ts';

describeWith(components.chromium, 'the live page', () => {
  const visit = visitPage();
  const { send, lines, ask, message, refused } = visit;
  let page: Page;
  beforeEach(() => {
    ({ page } = visit.now());
  });

  it('follows lines live, holds them, goes on and stops', async () => {
    await ask('{service_name="live"}');
    await page.click('#live');
    await message(/^Live: 0 lines/);
    expect(page.url()).toContain('live=1');
    const write = (n: number) =>
      send({ service_name: 'live' }, [{ timestampNs: nowNs(), line: `level=warn live ${n}` }]);
    for (const n of [1, 2, 3]) await write(n);
    await lines('live 3').waitFor();
    const texts = () => page.locator('.text').allTextContents();
    expect(await texts()).toEqual([3, 2, 1].map((n) => `level=warn live ${n}`));
    await page.getByRole('button', { name: 'Pause' }).click();
    await write(4);
    await message(/^Paused: 4 lines.*1 waiting/);
    expect((await texts()).length).toBe(3);
    await page.getByRole('button', { name: 'Go on: 1 new' }).click();
    await lines('live 4').waitFor();
    await page.click('#live');
    await message(/^Stopped after 4 lines/);
    expect(await page.getAttribute('#live', 'aria-pressed')).toBe('false');
    // A link to what is live is live.
    await page.goBack();
    await message(/^Live/);
    await lines('live 4').waitFor();
  });

  it('keeps what is read in its place while live lines come', async () => {
    const write = (from: number, count: number) =>
      send(
        { service_name: 'busy' },
        Array.from({ length: count }, (_, n) => ({
          timestampNs: nowNs() + BigInt(n),
          line: `busy ${from + n}`,
        })),
      );
    await write(0, 300);
    await ask('{service_name="busy"}');
    await page.click('#live');
    await message(/^Live: 100 lines/);
    await page.evaluate('scrollTo(0, document.body.scrollHeight / 2)');
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    // The line in the middle of the screen.
    const read = (): Promise<readonly [number, number]> =>
      page.evaluate(`[...document.querySelectorAll('.line')].filter((line) => line.textContent.includes(globalThis.watched ??=
        document.elementFromPoint(640, 450).closest('.line').querySelector('.text').textContent))
        .map((line) => [document.querySelectorAll('.line').length, Math.round(line.getBoundingClientRect().top)])[0]`);
    const [, before] = await read();
    for (let n = 0; n < 5; n++) await write(300 + n * 40, 40);
    await message(/^Live: 300 lines/);
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    const [, after] = await read();
    expect(Math.abs(after - before)).toBeLessThan(3);
    await page.click('#to-top');
    await lines('busy 499').first().waitFor();
  });

  it('says why a live tail is refused', async () => {
    await fillQuery(page, 'rate({service_name="web"}[5m])');
    await page.click('#live');
    await page.locator('#message.bad', { hasText: 'only log selector is supported' }).waitFor();
    await fillQuery(page, '{service_name=}');
    await page.click('#live');
    await page.locator('#message.bad', { hasText: 'parse error' }).waitFor();
    await refused(400);
  });
});
