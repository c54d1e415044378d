// The sign of life of the rules.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { Heartbeat } from '../../src/ruler/heartbeat.ts';
import { until } from './until.ts';

it('is sent while every group is evaluated in time, and not otherwise', async () => {
  let beats = 0;
  let status = 200;
  const server = createServer((_, response) => {
    beats++;
    response.writeHead(status).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  let nowMs = 1_000_000;
  let looks = 0;
  const lastSlotMs = nowMs;
  const logged: string[] = [];
  const heartbeat = new Heartbeat(
    { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, intervalMs: 5 },
    {
      groups: () => {
        looks++;
        return [{ name: 'g', intervalMs: 30_000, lastSlotMs, missed: 0 }];
      },
      targets: () => [{ name: 'am', refusingSinceMs: undefined }],
      nowMs: () => nowMs,
      log: (_, __, message) => void logged.push(message),
    },
  );
  onTestFinished(() => {
    heartbeat.stop();
    server.closeAllConnections();
    server.close();
  });
  heartbeat.start();
  await until(() => beats >= 2);
  nowMs += 90_001;
  await until(() => logged.length > 0);
  const from = looks;
  const before = beats;
  await until(() => looks > from + 50);
  // One may have been under way.
  expect(beats - before).toBeLessThanOrEqual(1);
  expect(logged).toEqual(['rule groups are not evaluated in time: no heartbeat is sent']);
  nowMs -= 90_001;
  status = 503;
  await until(() => logged.length > 1);
  expect(logged[1]).toBe('the heartbeat of the rules was not taken');
  status = 200;
  const again = beats;
  await until(() => beats > again + 2);
  expect(logged).toHaveLength(2);
});

it.each<[trouble: string, missed: (look: number) => number, refusingForMs: number | undefined, told: string]>(
  [
    [
      'a group that cannot keep up',
      (look) => look,
      undefined,
      'rule groups leave out evaluations again and again',
    ],
    [
      'a target that takes nothing for minutes',
      () => 0,
      300_001,
      'targets of alerts or samples take nothing',
    ],
    ['a group that missed something once', (look) => (look > 3 ? 5 : 0), undefined, ''],
    ['a group that misses something now and then', (look) => look >> 2, undefined, ''],
    ['a target that takes nothing for a moment', () => 0, 299_999, ''],
  ],
)('with %s', async (_trouble, missed, refusingForMs, told) => {
  let beats = 0;
  const server = createServer((_, response) => {
    beats++;
    response.writeHead(200).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const nowMs = 1_000_000;
  let looks = 0;
  const logged: string[] = [];
  const heartbeat = new Heartbeat(
    { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, intervalMs: 5 },
    {
      groups: () => [{ name: 'g', intervalMs: 30_000, lastSlotMs: nowMs, missed: missed(++looks) }],
      targets: () => [
        {
          name: 'am',
          refusingSinceMs: refusingForMs === undefined ? undefined : nowMs - refusingForMs,
        },
      ],
      nowMs: () => nowMs,
      log: (_, __, message) => void logged.push(message),
    },
  );
  onTestFinished(() => {
    heartbeat.stop();
    server.closeAllConnections();
    server.close();
  });
  heartbeat.start();
  await until(() => looks > 50);
  const before = beats;
  await until(() => looks > 100);
  expect(logged).toEqual(told === '' ? [] : [`${told}: no heartbeat is sent`]);
  if (told === '') expect(beats).toBeGreaterThan(before);
  else expect(beats - before).toBeLessThanOrEqual(1);
});
