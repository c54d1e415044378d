// A label with a value for every line: the log and the metrics say so.
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { jsonHeaders, nowNs } from '../push-body.ts';
import { type Server, startServer } from '../server.ts';
import { push } from './client.ts';

let server: Server;
beforeAll(async () => {
  server = await startServer({ environment: { SKALD_STORE_LABEL_VALUES_WARNED: '3' } });
});
afterAll(() => server.remove());

it('is named in the log and counted at /metrics', async () => {
  const values = [[String(nowNs()), 'x']];
  const streams = [1, 2, 3, 4, 5].map((n) => ({ stream: { app: 'a', request: `r${n}` }, values }));
  const answer = await push(server.baseUrl, JSON.stringify({ streams }), jsonHeaders);
  expect(answer.status).toBe(204);
  // Counts travel from the ingest thread in small batches.
  for (;;) {
    const metrics = await (await fetch(`${server.baseUrl}/metrics`)).text();
    if (/^skald_high_cardinality_labels\{tenant="fake"\} 1$/m.test(metrics)) break;
    await delay(50);
  }
  const warnings = server
    .output()
    .split('\n')
    .filter((line) => line.includes('a label has so many values'));
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/"tenant":"fake","valuesMax":3,"label":"request"/);
});
