// What tests of the page share: a gateway with lines, a browser, and the page opened anew for each test, in which nothing may
// go wrong unseen.
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { push } from '../gateway/client.ts';
import { jsonBody, jsonHeaders, nowNs, type PushEntry } from '../push-body.ts';
import { type Server, startServer } from '../server.ts';
import { askFor, launchBrowser, openPage, type WatchedPage } from './browser.ts';

export const nsPerSecond = 1_000_000_000n;
export const attack = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
export const exactJson =
  '{"id":12345678901234567890,"price":1.10,"who":{"name":"Zo\\u00eb"},"price":2.50,"list":[1.0,{"a":null}]}';

export interface Visit {
  /** Of the test that runs. */
  now(): { readonly server: Server; readonly page: Page };
  send(stream: Record<string, string>, entries: readonly PushEntry[]): Promise<void>;
  /** Lines on the screen, or those with the text. */
  lines(text?: string): Locator;
  ask(query: string): Promise<void>;
  /** Waits until the page says this. */
  message(text: RegExp): Promise<void>;
  openLine(text: string): Promise<void>;
  /** Opens or closes a panel. */
  panel(name: string): Promise<void>;
  /** Expects the browser's own note of a refused request, and nothing else. */
  refused(status: number): Promise<void>;
  /** What the page has copied. */
  clipboard(): Promise<string>;
}

/** To be called within a describe. */
export function visitPage(): Visit {
  let server: Server;
  let browser: Browser;
  let watched: WatchedPage;
  let page: Page;
  const send = async (stream: Record<string, string>, entries: readonly PushEntry[]): Promise<void> => {
    const answer = await push(server.baseUrl, jsonBody(stream, entries), jsonHeaders);
    expect(answer).toEqual({ status: 204, text: '' });
  };
  const lines = (text?: string) => page.locator('.line', text === undefined ? {} : { hasText: text });

  beforeAll(async () => {
    server = await startServer();
    browser = await launchBrowser();
    await sendLines(send);
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

  return {
    now: () => ({ server, page }),
    send,
    lines,
    ask: (query) => askFor(page, query),
    message: (text) => page.locator('#message', { hasText: text }).waitFor(),
    openLine: (text) => lines(text).first().locator('.head').click(),
    panel: (name) => page.click(`#${name}-toggle`),
    refused: async (status) => {
      await expect.poll(() => watched.faults).toEqual([expect.stringContaining(String(status))]);
      (watched.faults as string[]).length = 0;
    },
    clipboard: () => page.evaluate<string>('navigator.clipboard.readText()'),
  };
}

/** Of the last ten minutes, and many of two hours ago. */
async function sendLines(send: Visit['send']): Promise<void> {
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
}
