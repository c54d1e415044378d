// Kills and hangs threads of a gateway from outside, by their names: in a loop, or (`block`) in a call of the system.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Server } from '../server.ts';

const commandFile = 'thread-command';
const fifoName = 'nobody-writes';

/** For the gateway's NODE_OPTIONS. */
export const threadControl = `--import=data:text/javascript,${encodeURIComponent(`
import threads from 'node:worker_threads';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const found = new Map();
threads.Worker = class extends threads.Worker {
  constructor(file, options) {
    super(file, { ...options, env: { ...process.env, THREAD_NAME: options?.name ?? '' } });
    found.set(this, options?.name);
    this.once('exit', () => found.delete(this));
  }
};
syncBuiltinESMExports();
const channel = new threads.BroadcastChannel('control');
channel.unref();
// Threads start threads: whoever has started one of the name ends it.
const kill = (name) => {
  for (const [worker, its] of found) if (its === name) worker.terminate();
};
if (threads.isMainThread) {
  const every = setInterval;
  globalThis.setInterval = (run, ms, ...rest) => every(run, ms === 5000 && process.env.SHORT_WATCH ? 500 : ms, ...rest);
  process.on('SIGUSR2', () => {
    const [what, name] = readFileSync('${commandFile}', 'utf8').split(' ');
    channel.postMessage([what, name]);
    if (what === 'kill') kill(name);
  });
  channel.onmessage = ({ data: [what, name] }) => {
    if (what === 'hangs') process.stderr.write('hangs: ' + name + '\\n');
  };
} else {
  channel.onmessage = ({ data: [what, name] }) => {
    if (what === 'kill') return kill(name);
    if (what === 'hangs' || name !== process.env.THREAD_NAME) return;
    channel.postMessage(['hangs', name]);
    // Nobody writes to it: the call does not come back, and cannot be ended from outside.
    if (what === 'block') readFileSync('${fifoName}');
    else for (;;);
  };
}`)}`;

/** For the gateway's environment: the watchdogs' minute, twelve turns of five seconds, passes in six seconds. */
export const shortWatch = { SHORT_WATCH: '1' };

/** Between two tries: a thread may only be starting. */
const againMs = 500;

/** Of all threads of the name: `query`, `tail`, … Resolves when one that is to hang does. */
export async function controlThreads(
  server: Server,
  what: 'kill' | 'hang' | 'block',
  name: string,
): Promise<void> {
  const fifo = join(server.dataDir, fifoName);
  if (what === 'block' && !existsSync(fifo)) execFileSync('mkfifo', [fifo]);
  await writeFile(join(server.dataDir, commandFile), `${what} ${name}`);
  const hung = (): number => server.output().split(`hangs: ${name}\n`).length;
  const before = hung();
  do {
    server.process.kill('SIGUSR2');
    if (what === 'kill') return;
    for (let waited = 0; waited < againMs && hung() === before; waited += 10) await delay(10);
  } while (hung() === before);
}
