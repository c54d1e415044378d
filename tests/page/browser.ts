// A real browser for tests of the page, and what the page did wrong while it was driven.
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import { findProgram } from '../real/require-component.ts';

/** For what hangs: a loaded machine takes many times as long as an idle one to start a browser or to draw. */
const waitMsMax = 100_000;

/** Starts the installed headless shell, with further options of its command line. Throws where there is none. */
export function launchBrowser(...options: readonly string[]): Promise<Browser> {
  const executablePath = findProgram('chromium-headless-shell');
  if (executablePath === undefined) throw new Error('there is no chromium-headless-shell');
  return chromium.launch({
    executablePath,
    timeout: waitMsMax,
    // Containers of tests run as root and have a small /dev/shm.
    args: ['--no-sandbox', '--disable-dev-shm-usage', ...options],
  });
}

/** The field for the query: an editor, in a shadow root. */
export const queryField = (page: Page): Locator => page.locator('#query .cm-content');

/** Puts the query in place of what is in the field. */
export async function fillQuery(page: Page, query: string): Promise<void> {
  // Emptied first: Chromium gives text that takes the place of coloured text its style, which the page's policy refuses.
  await queryField(page).press('ControlOrMeta+a');
  await queryField(page).press('Delete');
  await queryField(page).fill(query);
}

/** Types the query and runs it. */
export async function askFor(page: Page, query: string): Promise<void> {
  await fillQuery(page, query);
  await queryField(page).press('Enter');
}

/** What is in the field. */
export const queryText = async (page: Page): Promise<string> =>
  (await page.locator('#query .cm-line').allTextContents()).join('\n');

export interface WatchedPage {
  readonly page: Page;
  /** Errors in scripts, refused loads and broken policies, one line each. */
  readonly faults: readonly string[];
  /** Hosts other than the page's own that anything was asked of. */
  readonly foreignHosts: ReadonlySet<string>;
  close(): Promise<void>;
}

export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(waitMsMax);
  const page = await context.newPage();
  const faults: string[] = [];
  const foreignHosts = new Set<string>();
  page.on('console', (line) => {
    if (line.type() === 'error') faults.push(line.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('request', (request) => {
    const { host } = new URL(request.url());
    if (host !== new URL(url).host) foreignHosts.add(host);
  });
  // In the page, before its own scripts.
  await page.addInitScript(
    `document.addEventListener('securitypolicyviolation', (event) =>
      console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI));`,
  );
  await page.goto(url);
  return { page, faults, foreignHosts, close: () => context.close() };
}
