// The threads of this process: started here, so that at its end all of them can be ended, and none keeps it alive.
import { setTimeout as delay } from 'node:timers/promises';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { workerFile } from './worker-file.ts';

/** Starts a thread of some entry. */
export type StartThread = (options: WorkerOptions) => Worker;

const running = new Set<Worker>();

/** Starts a worker's entry, given the importing module's `import.meta.url` and a relative `.ts` path. */
export function startThread(moduleUrl: string, relativePath: string, options: WorkerOptions): Worker {
  const worker = new Worker(workerFile(moduleUrl, relativePath), options);
  running.add(worker);
  worker.once('exit', () => running.delete(worker));
  return worker;
}

/**
 * Ends the process with this code, and its threads before that. Exiting waits for every thread, and one that hangs in a
 * call of the system cannot be ended: when some are still there after `threadsEndMs` the process kills itself.
 */
export async function exitProcess(code: number, threadsEndMs: number): Promise<never> {
  const ended = Promise.all([...running].map((worker) => worker.terminate())).then(() => true);
  if (await Promise.race([ended, delay(threadsEndMs, false)])) process.exit(code);
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => {});
}
