// Posts reach their target whatever it answers, each at least once and in order.
import { expect, it, onTestFinished } from 'vitest';
import { alertmanagerTarget } from '../../src/ruler/alertmanager-target.ts';
import { OutboxSender } from '../../src/ruler/outbox-sender.ts';
import type { NewPost, RuleStore } from '../../src/store/rule-store.ts';
import { type StandIn, startStandIn, takes } from './stand-in-alertmanager.ts';
import { noChange, ruleStoreFile } from './store.ts';
import { until } from './until.ts';

const address = { tenant: 't1', namespace: 'n', group: 'g' };

async function put(store: RuleStore, posts: readonly NewPost[]): Promise<void> {
  await store.apply({ ...noChange(address), posts }, { durable: false });
}

interface Sending {
  readonly standIn: StandIn;
  readonly store: RuleStore;
  readonly sender: OutboxSender;
  readonly post: (name: string, isReminder?: boolean) => Promise<void>;
  readonly waiting: () => Promise<number>;
  /** Names of alerts in the order taken. */
  readonly taken: () => string[];
}

async function sending(options: { timeoutMs?: number; queueCapacity?: number } = {}): Promise<Sending> {
  const standIn = await startStandIn();
  const store = ruleStoreFile()();
  const { timeoutMs = 10_000, queueCapacity = 100 } = options;
  const target = alertmanagerTarget({ url: `${standIn.url}prefix`, authorization: 'Bearer x' }, timeoutMs);
  const sender = new OutboxSender(target, { store, queueCapacity, nowMs: () => Date.now(), log: () => {} });
  onTestFinished(async () => {
    await sender.stop();
    await standIn.close();
    await store.close();
  });
  return {
    standIn,
    store,
    sender,
    post: async (name, isReminder = false) => {
      const body = JSON.stringify([{ labels: { alertname: name } }]);
      await put(store, [{ target: target.name, tenant: 't1', body, isReminder }]);
      sender.wake();
    },
    waiting: async () => (await store.waiting()).get(target.name) ?? 0,
    taken: () => standIn.taken.flatMap(({ alerts }) => alerts.map(({ labels }) => labels.alertname ?? '')),
  };
}

it('sends what waits, oldest first, with tenant and credentials', async () => {
  const { standIn, sender, post, waiting, taken } = await sending();
  for (const name of ['a', 'b', 'c']) await post(name);
  sender.start();
  await until(async () => (await waiting()) === 0);
  expect(taken()).toEqual(['a', 'b', 'c']);
  expect(standIn.taken[0]).toMatchObject({
    path: '/prefix/api/v2/alerts',
    headers: { 'x-scope-orgid': 't1', authorization: 'Bearer x', 'content-type': 'application/json' },
  });
  expect(sender.counts).toMatchObject({ sent: 3, dropped: 0, errors: 0 });
});

it.each<[string, number, Record<string, string>]>([
  ['500', 500, {}],
  ['503', 503, {}],
  ['429', 429, { 'retry-after': '1' }],
  ['credentials that are refused', 401, {}],
  ['a redirect', 302, { location: 'http://127.0.0.1:1/' }],
])('tries again after %s', async (_, status, headers) => {
  const { standIn, sender, post, waiting, taken } = await sending();
  standIn.answer = (response) => {
    standIn.answer = takes;
    response.writeHead(status, headers).end('later');
  };
  await post('a');
  await post('b');
  sender.start();
  await until(async () => (await waiting()) === 0);
  expect(taken()).toEqual(['a', 'b']);
  expect(sender.counts).toMatchObject({ sent: 2, dropped: 0, errors: 1 });
});

it('tries again after a target that does not answer, or goes away', async () => {
  const { standIn, sender, post, waiting, taken } = await sending({ timeoutMs: 50 });
  standIn.answer = (response) => {
    standIn.answer = (second) => {
      standIn.answer = takes;
      second.destroy();
    };
    response.on('close', () => {});
  };
  await post('a');
  sender.start();
  await until(async () => (await waiting()) === 0);
  expect(taken()).toEqual(['a']);
  expect(sender.counts.errors).toBeGreaterThanOrEqual(2);
});

it('drops what is refused for good, and goes on', async () => {
  const { standIn, sender, post, waiting, taken } = await sending();
  standIn.answer = (response) => {
    standIn.answer = takes;
    response.writeHead(400).end('bad');
  };
  await post('a');
  await post('b');
  sender.start();
  await until(async () => (await waiting()) === 0);
  expect(taken()).toEqual(['b']);
  expect(sender.counts).toMatchObject({ sent: 1, dropped: 1, errors: 1 });
});

it('keeps as many as it may, the newest, and one reminder of a group', async () => {
  const { sender, post, waiting, taken } = await sending({ queueCapacity: 2 });
  for (const name of ['r1', 'r2', 'r3']) await post(name, true);
  expect(await waiting()).toBe(1);
  for (const name of ['a', 'b']) await post(name);
  sender.start();
  await until(async () => (await waiting()) === 0);
  expect(taken()).toEqual(['a', 'b']);
  expect(sender.counts.dropped).toBe(1);
});
