// A real Prometheus scrapes the gateway with a token, promtool finds nothing to complain about.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { push } from '../gateway/client.ts';
import { jsonBody, jsonHeaders, nowNs } from '../push-body.ts';
import { components, describeWith, findProgram } from '../real/require-component.ts';
import { freePort, type Server, startServer } from '../server.ts';

const oddNames = [
  'loki_compactor_deleted_lines ',
  'loki_compactor_pending_delete_requests_count ',
  'loki_distributor_push_stats_count ',
  'loki_distributor_lag_ms_total ',
  'loki_ruler_managers_total ',
];

describeWith(components.prometheus, 'Prometheus', () => {
  let server: Server;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'skald-'));
    server = await startServer({
      environment: { SKALD_AUTH_TOKEN: 'scrape-token', SKALD_AUTH_METRICS_OPEN: 'false' },
    });
  });
  afterAll(async () => {
    await server.remove();
    rmSync(folder, { recursive: true });
  });

  it('finds the page in order', async () => {
    const headers = { Authorization: 'Bearer scrape-token' };
    await fetch(`${server.baseUrl}/loki/api/v1/labels`, { headers });
    const entries = [{ timestampNs: nowNs(), line: 'x' }];
    expect(
      (await push(server.baseUrl, jsonBody({ app: 'a' }, entries), { ...jsonHeaders, ...headers })).status,
    ).toBe(204);
    await expect
      .poll(async () => (await fetch(`${server.baseUrl}/metrics`, { headers })).text())
      .toContain('loki_distributor_push_stats_count{');
    const page = await (await fetch(`${server.baseUrl}/metrics`, { headers })).text();
    const { stderr } = spawnSync(findProgram('promtool') ?? '', ['check', 'metrics'], {
      input: page,
      encoding: 'utf8',
    });
    const complaints = stderr.split('\n').filter((line) => line !== '');
    // Names that dashboards read, odd as they are.
    expect(complaints.filter((line) => !oddNames.some((name) => line.startsWith(name)))).toEqual([]);
    expect(page).toContain('loki_request_duration_seconds_bucket');
  });

  it('scrapes it with a token and answers from it', async () => {
    const port = await freePort();
    const config = {
      scrape_configs: [
        {
          job_name: 'logs/loki-single-binary',
          // A scrape may take as long; one that takes longer makes what is known stale.
          scrape_interval: '5s',
          authorization: { credentials: 'scrape-token' },
          static_configs: [{ targets: [new URL(server.baseUrl).host] }],
        },
      ],
    };
    const file = join(folder, 'prometheus.yml');
    writeFileSync(file, JSON.stringify(config));
    const prometheus = spawn(
      findProgram('prometheus') ?? '',
      [
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(folder, 'tsdb')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: 'ignore' },
    );
    try {
      const ask = async (query: string): Promise<string | undefined> => {
        const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`;
        const response = await fetch(url).catch(() => undefined);
        if (response?.status !== 200) return undefined;
        const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
        return data.result[0]?.value[1];
      };
      await expect.poll(() => ask('up{job="logs/loki-single-binary"}')).toBe('1');
      await expect.poll(() => ask('loki_build_info')).toBe('1');
      await expect.poll(() => ask('loki_panic_total')).toBe('0');
    } finally {
      prometheus.kill();
      await once(prometheus, 'exit');
    }
  });
});
