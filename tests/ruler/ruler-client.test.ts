// The thread of the ruler is lost and another takes its place; rules that give more than they may.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { startRulerThread } from '../../src/gateway/threads/start.ts';
import type { RuleQueries } from '../../src/ruler/evaluate-rule.ts';
import { RulerClient } from '../../src/ruler/ruler-client.ts';
import { type RulerSettings, rulerDefaults } from '../../src/ruler/settings.ts';
import { prepareDatabase } from '../../src/sqlite/format/open-database.ts';
import { WriteLock } from '../../src/sqlite/threads/write-lock.ts';
import { oneByOne } from './group-queries.ts';
import { type StandIn, startStandIn } from './stand-in-alertmanager.ts';
import { until } from './until.ts';

interface Running {
  readonly client: RulerClient;
  readonly threads: Worker[];
  readonly standIn: StandIn;
  readonly logged: string[];
  readonly goneCount: () => number;
}

async function running(
  instant: RuleQueries['instant'],
  settings: Partial<RulerSettings> = {},
): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'skald-ruler-client-'));
  const path = join(folder, 'store.db');
  prepareDatabase(path);
  const standIn = await startStandIn();
  const threads: Worker[] = [];
  const logged: string[] = [];
  let gone = 0;
  const client = new RulerClient({
    settings: { ...rulerDefaults, alertmanagers: [{ url: standIn.url, authorization: '' }], ...settings },
    hasGroups: false,
    startThread: () => {
      const workerData = { path, writeLock: WriteLock.create() };
      const thread = startRulerThread({ workerData, name: 'ruler', execArgv: [] });
      threads.push(thread);
      return thread;
    },
    onGone: () => {
      gone++;
    },
    queries: oneByOne({ instant, lines: async () => Buffer.from('[]') }),
    onLog: ({ message }) => void logged.push(message),
  });
  onTestFinished(async () => {
    await client.close();
    await standIn.close();
    rmSync(folder, { recursive: true });
  });
  return { client, threads, standIn, logged, goneCount: () => gone };
}

const cost = { linesRead: 0, bytesRead: 0 };
const set = (client: RulerClient, text: string) =>
  client.setGroup('t', 'ns', new TextEncoder().encode(text).buffer as ArrayBuffer);
interface RuleView {
  readonly state: string;
  readonly lastError: string;
  readonly alerts: readonly { readonly activeAt: string }[];
}
async function ruleOf(client: RulerClient): Promise<RuleView | undefined> {
  const { body } = await client.rules('t', new Map());
  const { data } = JSON.parse(body) as {
    data: { groups: readonly { readonly rules: readonly RuleView[] }[] };
  };
  return data.groups[0]?.rules[0];
}

it('goes on where the lost thread was', async () => {
  const { client, threads, standIn, logged, goneCount } = await running(async () => ({
    samples: [{ labels: [], value: 1 }],
    cost,
  }));
  await set(client, 'name: g\ninterval: 1s\nrules: [{alert: A, expr: vector(1)}]\n');
  await until(async () => (await ruleOf(client))?.state === 'firing');
  const before = await ruleOf(client);
  await threads[0]?.terminate();
  await until(() => logged.includes('the ruler has failed and is started again'));
  // Reads are answered again as soon as somebody asks.
  await until(async () => (await ruleOf(client).catch(() => undefined))?.state === 'firing');
  expect((await ruleOf(client))?.alerts).toEqual(before?.alerts);
  expect([threads.length, goneCount()]).toEqual([2, 1]);
  await until(() => standIn.taken.length > 0);
  const started = standIn.taken.flatMap(({ alerts }) => alerts).map(({ startsAt }) => startsAt);
  expect(new Set(started).size).toBe(1);
});

it('bounds what one rule gives, says so, and keeps what fires', async () => {
  let series = 10_000;
  const { client, standIn } = await running(async () => ({
    samples: Array.from({ length: series }, (_, k) => ({ labels: [['app', `app${k}`]] as const, value: k })),
    cost,
  }));
  await set(
    client,
    'name: g\ninterval: 1s\nrules: [{alert: A, expr: "vector(1)", annotations: {summary: "{{ $value }}"}}]\n',
  );
  await until(async () => (await ruleOf(client))?.alerts.length === 10_000);
  await until(() => standIn.taken.length >= 40);
  const taken = standIn.taken.flatMap(({ alerts }) => alerts);
  expect(Math.max(...standIn.taken.map(({ alerts }) => alerts.length))).toBe(256);
  expect(new Set(taken.map(({ labels }) => labels.app)).size).toBe(10_000);
  series = 10_001;
  await until(async () => (await ruleOf(client))?.lastError === 'exceeded limit of 10000 with 10001 alerts');
  expect(await ruleOf(client)).toMatchObject({ state: 'firing', health: 'err' });
  expect((await ruleOf(client))?.alerts).toHaveLength(10_000);
});
