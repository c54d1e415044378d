// `skald collect --dry-run`: what would be stored, and nothing stored.

import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get } from '../gateway/client.ts';
import { type Server, startServer } from '../server.ts';
import { runCommandLine } from './run.ts';

let folder: string;
let config: string;
let log: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'skald-dry-run-'));
  mkdirSync(join(folder, 'shop'));
  log = join(folder, 'shop', 'orders.log');
  config = join(folder, 'skald.yaml');
  writeFileSync(
    config,
    `collectors: [files]
host_label: machine
limits:
  reject_old_samples: false
files:
  scan_interval: 50ms
  targets:
    - include: [${folder}/shop/*.log]
      labels: { job: shop, team: blue }
      relabel:
        - { source_labels: [filename], regex: '.*/([^/]+)[.]log', target_label: app }
        - { source_labels: [team], target_label: squad }
        - { action: labeldrop, regex: 'filename|team' }
      stages:
        - json: {}
        - structured_metadata: { order }
        - drop: { source: path, expression: '^/health' }
        - output: { source: msg }
`,
  );
  const line = (i: number): string =>
    JSON.stringify({
      level: 50,
      time: 1_795_532_645_000 + i,
      order: `o${i}`,
      path: '/pay',
      msg: `paid ${i}`,
    });
  const health = '{"level":30,"time":1795532645000,"path":"/healthz","msg":"ok"}';
  writeFileSync(log, `${[line(1), health, line(2), line(3)].join('\n')}\n`);
});
afterAll(() => rmSync(folder, { recursive: true }));

const dryRun = (dataDir: string, ...flags: readonly string[]) =>
  runCommandLine(['collect', '--dry-run', '--config.file', config, ...flags], {
    environment: { SKALD_COLLECTORS: 'files', SKALD_DATA_DIR: dataDir },
  });

const printed = (i: number) => ({
  timestamp: `${1_795_532_645_000 + i}000000`,
  labels: { app: 'orders', host: 'machine', job: 'shop', squad: 'blue' },
  metadata: { detected_level: 'error', order: `o${i}` },
  line: `paid ${i}`,
});
const objects = (out: string): unknown[] =>
  out
    .split('\n')
    .filter(Boolean)
    .map((text) => JSON.parse(text) as unknown);

describe('collect --dry-run', () => {
  it('prints each entry with its labels as relabelled, its metadata and its line as staged; the data folder stays empty', async () => {
    const dataDir = join(folder, 'none');
    mkdirSync(dataDir);
    const { code, out } = await dryRun(dataDir, '--limit', '3');
    expect(code).toBe(0);
    expect(objects(out)).toEqual([1, 2, 3].map(printed));
    expect(readdirSync(dataDir)).toEqual([]);
  });

  it('ends after --limit entries', async () => {
    const { out } = await dryRun(join(folder, 'none'), '--limit', '1');
    expect(objects(out)).toEqual([printed(1)]);
  });

  it('beside the data of a gateway: prints all again, stores none of it, and moves no position', async () => {
    let server: Server | undefined;
    const stored = async (expected: number): Promise<number> => {
      let count = 0;
      await expect
        .poll(
          async () => {
            const { data } = await get<{ data: { result: { value: [number, string] }[] } }>(
              server?.baseUrl ?? '',
              '/loki/api/v1/query',
              { query: 'sum(count_over_time({job="shop"}[1h]))', time: '1795532700' },
            );
            count = Number(data.result[0]?.value[1] ?? 0);
            return count;
          },
          { interval: 100 },
        )
        .toBeGreaterThanOrEqual(expected);
      return count;
    };
    const start = (dataDir?: string): Promise<Server> =>
      startServer({
        environment: { SKALD_COLLECTORS: 'files' },
        arguments: ['--config.file', config],
        ...(dataDir !== undefined && { dataDir }),
      });
    try {
      server = await start();
      expect(await stored(3)).toBe(3);
      expect(objects((await dryRun(server.dataDir, '--limit', '3')).out)).toHaveLength(3);
      await server.stop();
      expect(objects((await dryRun(server.dataDir, '--limit', '3')).out)).toHaveLength(3);
      server = await start(server.dataDir);
      appendFileSync(log, '{"time":1795532645900,"msg":"last"}\n');
      expect(await stored(4)).toBe(4);
    } finally {
      await server?.remove();
    }
  });
});
