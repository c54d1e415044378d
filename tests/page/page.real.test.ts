// The page in a real browser against the built gateway: what people click, type and see, and what must never happen.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { push } from '../gateway/client.ts';
import { jsonBody, jsonHeaders, nowNs, type PushEntry } from '../push-body.ts';
import { components, describeWith } from '../real/require-component.ts';
import { type Server, startServer } from '../server.ts';
import { askFor, launchBrowser, openPage, queryField, queryText, type WatchedPage } from './browser.ts';

const nsPerSecond = 1_000_000_000n;
const attack = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
const exactJson =
  '{"id":12345678901234567890,"price":1.10,"who":{"name":"Zo\\u00eb"},"price":2.50,"list":[1.0,{"a":null}]}';

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
  const ask = (query: string): Promise<void> => askFor(page, query);
  const message = (text: RegExp) => page.locator('#message', { hasText: text }).waitFor();
  const openLine = (text: string) => lines(text).first().locator('.head').click();
  const panel = (name: string) => page.click(`#${name}-toggle`);
  /** The browser's own note of a refused request, and nothing else. */
  const refused = async (status: number): Promise<void> => {
    await expect.poll(() => watched.faults).toEqual([expect.stringContaining(String(status))]);
    (watched.faults as string[]).length = 0;
  };
  /** What the page has copied. */
  const clipboard = () => page.evaluate<string>('navigator.clipboard.readText()');

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
    await send({ service_name: 'exact' }, [
      { timestampNs: startNs, line: exactJson },
      { timestampNs: startNs + 1n, line: '\u001b[31mred\u001b[0m and \u001b[1;38;2;1;2;3mbold\u001b[0m' },
      { timestampNs: startNs + 2n, line: 'took=12 status=500 path="/a b"' },
    ]);
    await send(
      { service_name: 'many' },
      Array.from({ length: 12_000 }, (_, n) => ({
        timestampNs: startNs - BigInt(n) * 1_000_000n - 7_200n * nsPerSecond,
        line: `many ${n}${n % 7 === 0 ? '\nsecond line' : ''}`,
      })),
    );
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
    await queryField(page).fill('rate({service_name="web"}[5m])');
    await page.click('#live');
    await page.locator('#message.bad', { hasText: 'only log selector is supported' }).waitFor();
    await queryField(page).fill('{service_name=}');
    await page.click('#live');
    await page.locator('#message.bad', { hasText: 'parse error' }).waitFor();
    await refused(400);
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
