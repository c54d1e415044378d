// npm run demo: starts the gateway on a free port with data of its own and shows it at work: a real container (where
// a Docker engine is), winston-loki, pino-loki, a real file through a rotation, a tail over a WebSocket, queries.
// DOCKER_HOST names the engine; without it the usual socket is tried.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Docker from 'dockerode';
import pino from 'pino';
import winston from 'winston';
import LokiTransport from 'winston-loki';
import WebSocket from 'ws';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = mkdtempSync(join(tmpdir(), 'skald-demo-'));
const logFile = join(folder, 'app.log');
const dockerHost = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';
const waitMs = 10_000;

const say = (text: string): void => console.log(`\n— ${text}`);

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, 'close');
  return port;
}

const port = await freePort();
const baseUrl = `http://127.0.0.1:${port}`;

interface Stream {
  readonly stream: Record<string, string>;
  readonly values: readonly (readonly [string, string])[];
}

async function ask<T>(path: string, parameters: Record<string, string> = {}): Promise<T> {
  const response = await fetch(`${baseUrl}${path}?${new URLSearchParams(parameters)}`);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/** Asks until at least `count` lines are there. */
async function lines(query: string, count: number): Promise<readonly Stream[]> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    const { data } = await ask<{ data: { result: Stream[] } }>('/loki/api/v1/query_range', {
      query,
      limit: '100',
      direction: 'forward',
    });
    const found = data.result.reduce((sum, stream) => sum + stream.values.length, 0);
    if (found >= count) return data.result;
    if (Date.now() > deadline) throw new Error(`${query}: ${found} of ${count} lines after ${waitMs} ms`);
    await delay(50);
  }
}

function show(query: string, streams: readonly Stream[]): void {
  console.log(`  ${query}`);
  for (const { stream, values } of streams) {
    const labels = Object.entries(stream).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    console.log(`    {${labels.join(', ')}}`);
    for (const [, line] of values) console.log(`      ${line}`);
  }
}

function startGateway() {
  const child = spawn(process.execPath, [join(root, 'dist/main.js')], {
    cwd: folder,
    env: {
      ...process.env,
      SKALD_HTTP_LISTEN_PORT: String(port),
      SKALD_DATA_DIR: join(folder, 'data'),
      SKALD_COLLECTORS: 'docker,files',
      SKALD_DOCKER_HOST: dockerHost,
      SKALD_FILES_PATHS: logFile,
      SKALD_HOST_LABEL: 'demo',
      SKALD_LOG_FORMAT: 'text',
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return child;
}

async function ready(): Promise<void> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    const response = await fetch(`${baseUrl}/ready`).catch(() => undefined);
    if (response?.ok) return;
    if (Date.now() > deadline) throw new Error('the gateway did not become ready');
    await delay(20);
  }
}

/** Runs a container that logs five lines; undefined where no engine or no image is at hand. */
async function runContainer(): Promise<Docker.Container | undefined> {
  const socketPath = dockerHost.replace('unix://', '');
  if (dockerHost.startsWith('unix://') && !existsSync(socketPath)) {
    console.log(`  no Docker engine at ${dockerHost}: left out`);
    return undefined;
  }
  const docker = dockerHost.startsWith('unix://') ? new Docker({ socketPath }) : new Docker();
  const images = await docker.listImages();
  const image = images
    .flatMap((i) => i.RepoTags ?? [])
    .find((tag) => /busybox|alpine|debian|ubuntu/.test(tag));
  if (image === undefined) {
    console.log('  the engine has no image with a shell (docker pull busybox): left out');
    return undefined;
  }
  const container = await docker.createContainer({
    Image: image,
    Cmd: [
      'sh',
      '-c',
      'for i in 1 2 3 4; do echo "level=info hello $i from a container"; done; echo "level=error bye" >&2',
    ],
    Labels: { 'com.docker.compose.project': 'demo', 'com.docker.compose.service': 'greeter' },
    HostConfig: { NetworkMode: 'none' },
  });
  await container.start();
  return container;
}

async function pushWithWinston(): Promise<void> {
  const logger = winston.createLogger({
    transports: [
      new LokiTransport({
        host: baseUrl,
        labels: { app: 'winston-demo' },
        interval: 1,
        replaceTimestamp: true,
      }),
    ],
  });
  logger.info('hello from winston-loki');
  logger.error('something broke');
  await lines('{app="winston-demo"}', 2);
  logger.close();
}

async function pushWithPino(): Promise<void> {
  const transport = pino.transport({
    target: 'pino-loki',
    options: { host: baseUrl, batching: { interval: 1 }, labels: { app: 'pino-demo' } },
  });
  const logger = pino({}, transport);
  logger.info({ user: 'u1' }, 'hello from pino-loki');
  await lines('{app="pino-demo"}', 1);
  transport.end();
}

async function followFile(): Promise<void> {
  writeFileSync(logFile, 'level=info msg="line 1, before the rotation"\n');
  await lines('{filename=~".+"}', 1);
  appendFileSync(logFile, 'level=info msg="line 2, just before"\n');
  renameSync(logFile, `${logFile}.1`);
  writeFileSync(logFile, 'level=warn msg="line 3, in the new file"\n');
  await lines('{filename=~".+"}', 3);
}

async function tail(): Promise<void> {
  const query = '{app="tail-demo"} |= "live"';
  const socket = new WebSocket(
    `${baseUrl.replace('http', 'ws')}/loki/api/v1/tail?${new URLSearchParams({ query })}`,
  );
  await once(socket, 'open');
  for (let i = 1; i <= 3; i++) {
    const sentMs = Date.now();
    const message = once(socket, 'message', { signal: AbortSignal.timeout(waitMs) });
    await fetch(`${baseUrl}/loki/api/v1/push`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        streams: [{ stream: { app: 'tail-demo' }, values: [[`${Date.now()}000000`, `live ${i}`]] }],
      }),
    });
    const [frame] = (await message) as [Buffer];
    const { streams } = JSON.parse(frame.toString()) as { streams: Stream[] };
    console.log(`  ${streams[0]?.values[0]?.[1]} (${Date.now() - sentMs} ms after it was sent)`);
  }
  socket.close();
}

const gateway = startGateway();
try {
  await ready();
  say('a container that logs');
  const container = await runContainer();
  if (container !== undefined)
    show('{compose_service="greeter"}', await lines('{compose_service="greeter"}', 5));
  await container?.remove({ force: true });

  say('winston-loki and pino-loki');
  await pushWithWinston();
  show('{app="winston-demo"}', await lines('{app="winston-demo"}', 2));
  await pushWithPino();
  show('{app="pino-demo"}', await lines('{app="pino-demo"}', 1));

  say('a file, through a rotation');
  await followFile();
  show('{filename=~".+"}', await lines('{filename=~".+"}', 3));

  say('a tail over a WebSocket');
  await tail();

  say('questions');
  const labels = await ask<{ data: string[] }>('/loki/api/v1/labels');
  console.log(`  labels: ${labels.data.join(', ')}`);
  const errors = '{app=~".+"} | detected_level="error"';
  show(errors, await lines(errors, 1));
  const levels = await ask<{
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  }>('/loki/api/v1/query', { query: 'sum by (detected_level) (count_over_time({service_name=~".+"}[1h]))' });
  for (const { metric, value } of levels.data.result)
    console.log(`  ${metric.detected_level}: ${value[1]} lines`);
} finally {
  gateway.kill('SIGTERM');
  const [code] = (await once(gateway, 'exit')) as [number | null];
  say(`the gateway ended with exit code ${code}`);
  rmSync(folder, { recursive: true, force: true });
}
