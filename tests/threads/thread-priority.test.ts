// The order of the threads, as Linux sees it.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { push } from '../gateway/client.ts';
import { jsonBody, jsonHeaders, nowNs } from '../push-body.ts';
import { type Server, startServer } from '../server.ts';

/** Of all threads of a process, the main thread's first: the 19th field, after a name that may hold spaces. */
function niceOfThreads(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`)
    .sort((a, b) => Number(b === String(pid)) - Number(a === String(pid)))
    .map((id) => {
      const stat = readFileSync(`/proc/${pid}/task/${id}/stat`, 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
    });
}

describe.runIf(process.platform === 'linux')('threads', () => {
  let server: Server | undefined;
  afterAll(() => server?.remove());

  it('the main thread goes before queries and tails, these before ingest and builder', async () => {
    server = await startServer({ environment: { SKALD_QUERY_WORKERS: '2' } });
    const { baseUrl } = server;
    const pid = server.process.pid as number;
    const tail = new WebSocket(`${baseUrl.replace('http', 'ws')}/loki/api/v1/tail?query={app="a"}`);
    const seen = new Promise((resolve, reject) => tail.once('message', resolve).once('error', reject));
    await new Promise((resolve) => tail.once('open', resolve));
    const entries = [{ timestampNs: nowNs(), line: 'first' }];
    expect((await push(baseUrl, jsonBody({ app: 'a' }, entries), jsonHeaders)).status).toBe(204);
    await seen;
    expect((await fetch(`${baseUrl}/flush`, { method: 'POST' })).ok).toBe(true);
    expect((await fetch(`${baseUrl}/loki/api/v1/labels`)).status).toBe(200);
    const [main, ...others] = niceOfThreads(pid);
    // No nicer than there is, where all of the tests are nice.
    const count = (nice: number): number =>
      others.filter((other) => other === Math.min(19, (main as number) + nice)).length;
    // The tail's and at least one that answered; ingest and builder.
    expect([count(2) >= 2, count(5) >= 2], others.join(' ')).toEqual([true, true]);
    tail.terminate();
  });

  it.each([
    ['query', 4, 6],
    ['builder', 0, 5],
    ['decoder', 15, 19],
  ])('a %s thread of a process at %d is at %d, and the main thread stays', async (thread, own, expected) => {
    const file = new URL('../../dist/threads/thread-priority.js', import.meta.url).href;
    const inThread = `import('${file}').then(({ takePriority }) => {
      takePriority('${thread}');
      require('node:worker_threads').parentPort.postMessage(require('node:os').getPriority(0));
    })`;
    const script = `new (require('node:worker_threads').Worker)(${JSON.stringify(inThread)}, { eval: true })
      .once('message', (nice) => console.log(nice, require('node:os').getPriority(0)))`;
    const [above] = niceOfThreads(process.pid);
    const { stdout } = await promisify(execFile)('nice', ['-n', String(own), process.execPath, '-e', script]);
    const lowered = (nice: number): number => Math.min(19, nice + (above as number));
    expect(stdout.trim()).toBe(`${lowered(expected)} ${lowered(own)}`);
  });
});
