// A real Alertmanager takes alerts and tells of their end; a real Prometheus takes recorded series and what is told of
// alerts as series.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { components, describeWith, findProgram } from '../real/require-component.ts';
import { freePort, type Server, startServer } from '../server.ts';
import { until } from './until.ts';

const present = {
  name: 'Alertmanager and Prometheus',
  present: () => components.alertmanager.present() && components.prometheus.present(),
  install: `${components.alertmanager.install}; ${components.prometheus.install}`,
};

interface Notified {
  readonly status: string;
  readonly alerts: readonly {
    readonly status: string;
    readonly labels: Record<string, string>;
    readonly startsAt: string;
  }[];
}

describeWith(present, 'receivers', () => {
  let folder: string;
  let server: Server;
  let webhook: HttpServer;
  const programs: ChildProcess[] = [];
  const notified: Notified[] = [];
  let alertmanager: string;
  let prometheus: string;

  const run = async (name: string, args: readonly string[], ready: string): Promise<void> => {
    programs.push(spawn(findProgram(name) ?? name, args, { cwd: folder, stdio: 'ignore' }));
    await until(async () => (await fetch(ready).catch(() => undefined))?.ok === true);
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'skald-receivers-'));
    webhook = createServer(async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      notified.push(JSON.parse(Buffer.concat(pieces).toString()) as Notified);
      response.end();
    }).listen(0, '127.0.0.1');
    await once(webhook, 'listening');
    const url = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/`;
    const config = {
      route: { receiver: 'here', group_wait: '0s', group_interval: '1s' },
      receivers: [{ name: 'here', webhook_configs: [{ url, send_resolved: true }] }],
    };
    writeFileSync(join(folder, 'alertmanager.yml'), JSON.stringify(config));
    writeFileSync(join(folder, 'prometheus.yml'), '{}');
    alertmanager = `http://127.0.0.1:${await freePort()}`;
    prometheus = `http://127.0.0.1:${await freePort()}`;
    await run(
      'prometheus-alertmanager',
      [
        '--config.file=alertmanager.yml',
        '--storage.path=alertmanager',
        `--web.listen-address=${new URL(alertmanager).host}`,
        '--cluster.listen-address=',
      ],
      `${alertmanager}/-/ready`,
    );
    await run(
      'prometheus',
      [
        '--config.file=prometheus.yml',
        '--storage.tsdb.path=prometheus',
        `--web.listen-address=${new URL(prometheus).host}`,
        '--web.enable-remote-write-receiver',
      ],
      `${prometheus}/-/ready`,
    );
    server = await startServer({
      environment: {
        SKALD_RULER_ALERTMANAGER_URL: alertmanager,
        SKALD_RULER_REMOTE_WRITE_URL: `${prometheus}/api/v1/write`,
        SKALD_RULER_EXTERNAL_URL: 'http://grafana.example:3000',
      },
    });
  });
  afterAll(async () => {
    await server?.remove();
    for (const program of programs) {
      program.kill('SIGKILL');
      if (program.exitCode === null) await once(program, 'exit');
    }
    webhook.close();
    rmSync(folder, { recursive: true });
  });

  const query = async (
    text: string,
  ): Promise<readonly { metric: Record<string, string>; value: [number, string] }[]> => {
    const response = await fetch(`${prometheus}/api/v1/query?query=${encodeURIComponent(text)}`);
    return ((await response.json()) as { data: { result: [] } }).data.result;
  };

  it('learn of an alert and of its end', async () => {
    const group = `name: g
interval: 1s
rules:
  - alert: Real
    expr: sum by (app) (count_over_time({app="real"}[5s])) > 0
    labels: {severity: page}
    annotations: {summary: "{{ $labels.app }} has {{ $value }}"}
  - record: app:lines:count5s
    expr: sum by (app) (count_over_time({app="real"}[5s]))
    labels: {team: ops}
`;
    const line = [`${Date.now()}000000`, 'error'];
    const pushed = await fetch(`${server.baseUrl}/loki/api/v1/push`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ streams: [{ stream: { app: 'real' }, values: [line] }] }),
    });
    expect(pushed.status).toBe(204);
    const made = await fetch(`${server.baseUrl}/loki/api/v1/rules/ns`, { method: 'POST', body: group });
    expect(made.status).toBe(202);
    await until(async () => (await query('app:lines:count5s')).length > 0);
    expect(await query('app:lines:count5s')).toMatchObject([
      {
        metric: { __name__: 'app:lines:count5s', app: 'real', team: 'ops' },
        value: [expect.anything(), '1'],
      },
    ]);
    await until(() => notified.some(({ status }) => status === 'resolved'));
    const [firing, resolved] = ['firing', 'resolved'].map((status) =>
      notified.flatMap(({ alerts }) => alerts).find((alert) => alert.status === status),
    );
    expect(firing?.labels).toEqual({ alertname: 'Real', app: 'real', severity: 'page' });
    expect(resolved?.startsAt).toBe(firing?.startsAt);
    // Ended series are gone at once, not after the five minutes of those that fell silent.
    await until(async () => (await query('ALERTS')).length + (await query('app:lines:count5s')).length === 0);
    expect(await query('max_over_time(ALERTS{alertstate="firing"}[5m])')).toMatchObject([
      { metric: { alertname: 'Real', app: 'real', severity: 'page' }, value: [expect.anything(), '1'] },
    ]);
    const metrics = await (await fetch(`${server.baseUrl}/metrics`)).text();
    for (const name of [
      'skald_ruler_remote_write_errors_total',
      'loki_prometheus_notifications_errors_total',
    ])
      expect(metrics).toMatch(new RegExp(`^${name}\\{.*\\} 0$`, 'm'));
  });

  it('are silenced by the tool of the real one', async () => {
    const amtool = async (...words: string[]): Promise<string> => {
      const args = [`--alertmanager.url=${server.baseUrl}/alertmanager`, ...words];
      return (await promisify(execFile)(findProgram('amtool') ?? 'amtool', args, { cwd: folder })).stdout;
    };
    const group = 'name: quiet\ninterval: 1s\nrules: [{alert: Quiet, expr: vector(1), labels: {app: web}}]\n';
    await fetch(`${server.baseUrl}/loki/api/v1/rules/ns`, { method: 'POST', body: group });
    await until(async () => (await amtool('alert', 'query', 'app=~"we.*"')).includes('Quiet'));
    const words = ['--author=me', '--comment=maintenance', '--duration=1h', 'alertname=Quiet', 'app=~we.*'];
    const id = (await amtool('silence', 'add', ...words)).trim();
    expect(await amtool('silence', 'query')).toContain(id);
    expect(await amtool('alert', 'query')).not.toContain('Quiet');
    expect(await amtool('alert', 'query', '--silenced')).toContain('Quiet');
    await amtool('silence', 'update', '--comment=longer', '--duration=2h', id);
    expect(await amtool('silence', 'query', 'alertname=Quiet')).toContain('longer');
    await amtool('silence', 'expire', ...(await amtool('silence', 'query', '-q')).trim().split('\n'));
    expect((await amtool('silence', 'query', '-q')).trim()).toBe('');
    expect(await amtool('alert', 'query')).toContain('Quiet');
  });
});
