// Pictures of the page for the documentation: a gateway with made-up logs, light, dark, a rule, and on a phone.
//   npm run build && npx tsx scripts/screenshots.ts
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { push } from '../tests/gateway/client.ts';
import { launchBrowser, openPage } from '../tests/page/browser.ts';
import { jsonBody, jsonHeaders } from '../tests/push-body.ts';
import { startServer } from '../tests/server.ts';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../docs/screenshots');
const nsPerMinute = 60_000_000_000n;

type Row = readonly [service: string, line: (n: number) => string, perHour: number];
const rows: readonly Row[] = [
  [
    'web',
    (n) => `level=info method=GET path=/orders/${n} status=200 duration=${(n * 7) % 90}ms user=u${n % 40}`,
    900,
  ],
  ['web', (n) => `level=warn method=POST path=/login status=429 duration=3ms user=u${n % 40}`, 90],
  [
    'payments',
    (n) =>
      `{"level":"error","msg":"card declined","order":${n},"provider":{"name":"acme","code":"51"},"retry":${n % 3}}`,
    60,
  ],
  [
    'payments',
    (n) => `{"level":"info","msg":"payment taken","order":${n},"amount":${(n * 13) % 500}.00}`,
    300,
  ],
  ['database', (n) => `level=debug checkpoint complete: wrote ${n * 3} buffers in ${n % 9}.2 s`, 120],
];

const logFolder = mkdtempSync(join(tmpdir(), 'skald-logs-'));
writeFileSync(
  join(logFolder, 'cron.log'),
  Array.from({ length: 12 }, (_, n) => `level=info job=backup step=${n} done\n`).join(''),
);
const server = await startServer({
  environment: { SKALD_COLLECTORS: 'docker,files', SKALD_FILES_PATHS: `${logFolder}/*.log` },
});
const browser = await launchBrowser();
try {
  const endNs = BigInt(Date.now()) * 1_000_000n;
  for (const [service, line, perHour] of rows) {
    const entries = Array.from({ length: perHour }, (_, n) => {
      // Busier now and then, so that the histogram is not a wall.
      const minute = ((n * 60) / perHour) * (0.75 + 0.25 * Math.sin(n / 11));
      return {
        timestampNs: endNs - BigInt(Math.round(minute * 1000)) * (nsPerMinute / 1000n),
        line: line(n),
      };
    });
    const body = jsonBody({ service_name: service, env: 'prod', host: 'fleet-1' }, entries);
    const answer = await push(server.baseUrl, body, jsonHeaders);
    if (answer.status !== 204) throw new Error(answer.text);
  }
  const rule = [
    'name: payments',
    'interval: 1s',
    'rules:',
    '  - alert: CardsDeclined',
    '    expr: sum(count_over_time({service_name="payments"} | detected_level="error" [10m])) > 3',
    '    annotations: {summary: "{{ $value }} declined cards in 10 minutes"}',
  ].join('\n');
  const made = await fetch(`${server.baseUrl}/loki/api/v1/rules/shop`, { method: 'POST', body: rule });
  if (made.status !== 202) throw new Error(await made.text());
  mkdirSync(folder, { recursive: true });
  for (const colorScheme of ['light', 'dark'] as const) {
    const query = colorScheme === 'dark' ? '{service_name=~"web|payments"}' : '';
    const address = `${server.baseUrl}/${query === '' ? '' : `#${new URLSearchParams({ query })}`}`;
    const { page, close } = await openPage(browser, address, { colorScheme });
    await page.waitForSelector('.line');
    await page.waitForSelector('#histogram svg');
    if (colorScheme === 'light') {
      await page.waitForSelector('.services table');
      await page.waitForSelector('.state-running');
    } else {
      const payment = page.locator('.line', { hasText: 'card declined' }).first();
      await payment.locator('.head').click();
      await page.waitForSelector('.details');
    }
    await page.screenshot({ path: join(folder, `${colorScheme}.png`) });
    await close();
  }
  const { page, close } = await openPage(browser, `${server.baseUrl}/`, { colorScheme: 'light' });
  await page.click('#rules-toggle');
  await page.getByRole('button', { name: 'CardsDeclined' }).last().click();
  await page.waitForSelector('.rule canvas');
  await page.waitForSelector('.transitions');
  await page.screenshot({ path: join(folder, 'rules.png') });
  await close();
  const phone = await openPage(browser, `${server.baseUrl}/`, {
    colorScheme: 'dark',
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
  });
  await phone.page.waitForSelector('#histogram svg');
  await phone.page.screenshot({ path: join(folder, 'phone.png') });
  await phone.close();
} finally {
  await browser.close();
  await server.remove();
  rmSync(logFolder, { recursive: true });
}
