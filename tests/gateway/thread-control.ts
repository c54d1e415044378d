// Kills and hangs threads of a gateway from outside, by their names.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Server } from '../server.ts';

const commandFile = 'thread-command';

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
} else {
  channel.onmessage = ({ data: [what, name] }) => {
    if (what === 'kill') kill(name);
    else if (name === process.env.THREAD_NAME) for (;;);
  };
}`)}`;

/** For the gateway's environment: the watchdogs' minute, twelve turns of five seconds, passes in six seconds. */
export const shortWatch = { SHORT_WATCH: '1' };

/** Of all threads of the name: `query`, `tail`, … */
export async function controlThreads(server: Server, what: 'kill' | 'hang', name: string): Promise<void> {
  await writeFile(join(server.dataDir, commandFile), `${what} ${name}`);
  server.process.kill('SIGUSR2');
}
