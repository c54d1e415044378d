// Threads that nothing can go on without, made to die, to hang and to hang inside a call of the system: nobody waits,
// everybody is told, the process ends by itself, and the next start has all that was acknowledged.
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { FailpointName } from '../../src/sqlite/threads/failpoint.ts';
import { readAllLines } from '../gateway/client.ts';
import { jsonBody, jsonHeaders, nowNs } from '../push-body.ts';
import { components, describeWith } from '../real/require-component.ts';
import { type Server, startServer } from '../server.ts';
import { Faults } from './faults.ts';

/** A quarter of it without an answer: "does not answer". What is between them is for a loaded machine to see that. */
const hangTimeoutMs = 10_000;
const timestampNs = nowNs() - 60_000_000_000n;
const range = { startNs: timestampNs - 1n, endNs: timestampNs + 1000n };
const query = '{app="x"}';

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | null;
}

async function ask(url: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  return {
    status: response.status,
    text: await response.text(),
    retryAfter: response.headers.get('retry-after'),
  };
}

let folder: string;
let faults: Faults;
let server: Server;

/**
 * For the gateway's NODE_OPTIONS: the second in which a gateway without a vital thread still answers lasts until
 * SIGUSR2. It may be too short for a loaded machine to ask anything.
 */
const heldGrace = `--import=data:text/javascript,${encodeURIComponent(`
import { isMainThread } from 'node:worker_threads';
if (isMainThread) {
  const { setTimeout } = globalThis;
  const held = (run, ms, ...rest) => {
    if (ms !== 1000) return setTimeout(run, ms, ...rest);
    process.once('SIGUSR2', () => run(...rest));
    return setTimeout(() => {}, 0);
  };
  globalThis.setTimeout = Object.defineProperties(held, Object.getOwnPropertyDescriptors(setTimeout));
}`)}`;

/** For the gateway's NODE_OPTIONS: the main thread hangs at SIGUSR2. */
const hangingMain = `--import=data:text/javascript,${encodeURIComponent(`
import { isMainThread } from 'node:worker_threads';
if (isMainThread) process.on('SIGUSR2', () => { for (;;); });`)}`;

const start = async (store: object, environment: Record<string, string> = {}): Promise<void> => {
  server = await startServer({
    dataDir: join(folder, 'data'),
    environment: {
      ...faults.environment,
      ...environment,
      SKALD_TEST_STORE: JSON.stringify({ hangTimeoutMs, ...store }),
    },
  });
};
const pushLine = (line: string, at: bigint): Promise<Answer> =>
  ask(`${server.baseUrl}/loki/api/v1/push`, {
    method: 'POST',
    headers: jsonHeaders,
    body: jsonBody({ app: 'x' }, [{ timestampNs: timestampNs + at, line }]),
  });
const flush = (): Promise<Answer> => ask(`${server.baseUrl}/flush`, { method: 'POST' });

/** Waits until /ready gives this reason. A thread that is slow to answer may be told of before. */
async function unreadyAs(reason: string): Promise<void> {
  for (;;) {
    const { status, text } = await ask(`${server.baseUrl}/ready`);
    expect([200, 503]).toContain(status);
    if (status === 503 && text === `${reason}\n`) return;
    await delay(20);
  }
}

interface Case {
  readonly part: string;
  readonly thread: 'hangs' | 'ends';
  readonly name: FailpointName;
  readonly hit: number;
  /** What brings the thread to the failpoint, and waits for it. */
  readonly touch: () => Promise<Answer>;
}

/** The second push is the one whose answer never comes. */
const ingest = { part: 'ingest', hit: 2, touch: () => pushLine('second', 2n) } as const;
const builder = { part: 'the block builder', hit: 1, touch: flush } as const;

const cases: readonly Case[] = [
  { ...ingest, thread: 'ends', name: 'commit: before the transaction' },
  { ...ingest, thread: 'hangs', name: 'commit: inside the transaction' },
  { ...builder, thread: 'ends', name: 'flush: inside the last transaction' },
  { ...builder, thread: 'hangs', name: 'flush: before the first transaction' },
];

describeWith(components.compiler, 'a thread is lost', () => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'skald-lost-'));
    mkdirSync(join(folder, 'data'));
    faults = new Faults(folder, '/skald.db');
  });
  afterEach(async () => {
    await server.remove();
    faults.close();
    rmSync(folder, { recursive: true });
  });

  it.each(cases)('$part $thread', { timeout: 600_000 }, async ({ part, thread, name, hit, touch }) => {
    await start({ failpoint: { name, hit, thread } }, { NODE_OPTIONS: heldGrace });
    expect((await pushLine('first', 1n)).status).toBe(204);
    const touched = touch();
    if (thread === 'hangs') await unreadyAs(`${part} does not answer`);
    // The request that met the failpoint does not wait for what will not come.
    expect(await touched).toMatchObject({ status: 503, retryAfter: expect.stringMatching(/^\d+$/) });
    if (part === 'ingest')
      expect(await pushLine('third', 3n)).toMatchObject({ status: 503, retryAfter: '1' });
    await unreadyAs(`${part} has failed`);
    // Reading goes on without the thread.
    expect(await readAllLines(server.baseUrl, query, range)).toContain('first');
    server.process.kill('SIGUSR2');
    if (server.process.exitCode === null) await once(server.process, 'exit');
    expect(server.process.exitCode).toBe(70);
    expect(server.output()).toMatch(new RegExp(`"level":"fatal".*${part} has failed`));

    await start({});
    expect(await readAllLines(server.baseUrl, query, range)).toEqual(['first']);
    expect((await flush()).status).toBe(204);
  });

  it('a disk that never answers: the process is killed, as it cannot exit', {
    timeout: 600_000,
  }, async () => {
    await start({});
    expect((await pushLine('first', 1n)).status).toBe(204);
    faults.set({ delayMs: 600_000 });
    const touched = pushLine('second', 2n);
    await unreadyAs('ingest does not answer');
    expect(await touched).toMatchObject({ status: 503, retryAfter: '1' });
    if (server.process.signalCode === null) await once(server.process, 'exit');
    expect(server.process.signalCode).toBe('SIGKILL');
    faults.set({});
    await start({});
    expect(await readAllLines(server.baseUrl, query, range)).toContain('first');
  });

  it('a disk that answers when its thread has been given up: the process exits, as it can', {
    timeout: 600_000,
  }, async () => {
    await start({}, { NODE_OPTIONS: heldGrace });
    expect((await pushLine('first', 1n)).status).toBe(204);
    faults.set({ delayMs: 600_000 });
    const touched = pushLine('second', 2n);
    await unreadyAs('ingest has failed');
    expect((await touched).status).toBe(503);
    const ended = once(server.process, 'exit');
    server.process.kill('SIGUSR2');
    // The thread takes its time to end, as on a loaded machine.
    await delay(1500);
    faults.set({});
    await ended;
    expect(server.process.exitCode).toBe(70);
    await start({});
    expect(await readAllLines(server.baseUrl, query, range)).toContain('first');
  });

  it('a disk that answers late: ready again, nothing lost', { timeout: 600_000 }, async () => {
    await start({ hangTimeoutMs: 20_000 });
    faults.set({ delayMs: 4000 });
    const touched = pushLine('late', 1n);
    await unreadyAs('ingest does not answer');
    expect((await touched).status).toBe(503);
    faults.set({});
    while ((await ask(`${server.baseUrl}/ready`)).status !== 200) await delay(50);
    expect((await pushLine('late', 1n)).status).toBe(204);
    expect(await readAllLines(server.baseUrl, query, range)).toEqual(['late']);
  });

  it('the main thread: the process is killed by another, which says why', { timeout: 600_000 }, async () => {
    await start({}, { NODE_OPTIONS: hangingMain });
    expect((await pushLine('first', 1n)).status).toBe(204);
    // A process that was stopped for longer than that has not hung.
    server.process.kill('SIGSTOP');
    await delay(1.1 * hangTimeoutMs);
    server.process.kill('SIGCONT');
    expect((await pushLine('second', 2n)).status).toBe(204);
    const closed = once(server.process, 'close');
    server.process.kill('SIGUSR2');
    await closed;
    expect(server.process.signalCode).toBe('SIGKILL');
    expect(server.output()).toMatch(/"level":"fatal".*the main thread has not answered for 10000 ms/);
    await start({});
    expect(await readAllLines(server.baseUrl, query, range)).toEqual(['first', 'second']);
  });
});
