// /api/status and the files of the page.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeGateway, startFakeGateway } from './fake-gateway.ts';

let gateway: FakeGateway;
beforeAll(async () => {
  gateway = await startFakeGateway({ settings: { pathPrefix: '/logs' } });
});
afterAll(() => gateway.close());

describe('/api/status', () => {
  it('has figures of ingest, store, retention and collectors, and is kept by nobody', async () => {
    const answer = await fetch(`${gateway.url}/logs/api/status`);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const status = (await answer.json()) as { nowMs: number; retention: { nextRunMs: number } };
    expect(status).toMatchObject({
      version: '0.0.0',
      notReady: null,
      authEnabled: false,
      ingest: { lines: 0, bytes: 0, discarded: 0 },
      store: { fileBytes: 1000, rawBytes: 5000, entries: 50, streams: 2, unsealedBytes: 10 },
      disk: { freeBytes: 4000, sizeBytes: 9000 },
      retention: { periodMs: 86_400_000, lastRunMs: null },
      collectors: [
        { name: 'files', state: 'off', hint: '', targets: 0, entries: 0, repaired: {}, repairs: '' },
      ],
    });
    expect(status.retention.nextRunMs).toBeGreaterThanOrEqual(status.nowMs);
    expect(status.retention.nextRunMs - status.nowMs).toBeLessThanOrEqual(60_000);
  });
});

describe('the page', () => {
  it.each([
    ['/logs/', 'text/html; charset=utf-8'],
    ['/logs/page/main.js', 'text/javascript; charset=utf-8'],
    ['/logs/page/style.css', 'text/css; charset=utf-8'],
    ['/logs/page/icon.svg', 'image/svg+xml; charset=utf-8'],
  ])('%s is %s', async (path, type) => {
    const answer = await fetch(gateway.url + path);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type]);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await answer.text()).length).toBeGreaterThan(100);
  });

  it.each(['/logs/page/main.ts', '/logs/page/tsconfig.json', '/logs/page/', '/logs/page/x.js', '/'])(
    '%s is not there',
    async (path) => {
      expect((await fetch(gateway.url + path)).status).toBe(404);
    },
  );

  it('names its files relative to itself, so that it works under a prefix', async () => {
    const html = await (await fetch(`${gateway.url}/logs/`)).text();
    const links = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) {
      const answer = await fetch(new URL(link, `${gateway.url}/logs/`), { method: 'HEAD' });
      expect([link, answer.status]).toEqual([link, 200]);
    }
  });
});
