// The threads of this process: started here, so that at its end all of them can be ended, and none keeps it alive.
import { setTimeout as delay } from 'node:timers/promises';
import { Worker, type WorkerOptions } from 'node:worker_threads';

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

/**
 * The file URL of a worker's entry, given the importing module's `import.meta.url` and a relative `.ts` path.
 * Node 20 cannot run TypeScript, so a module loaded from `src/` (in tests) starts the compiled twin in `dist/`.
 */
function workerFile(moduleUrl: string, relativePath: string): URL {
  const url = new URL(relativePath, moduleUrl);
  url.pathname = url.pathname.replace(/\/src\/(?=[^?]*\.ts$)/, '/dist/').replace(/\.ts$/, '.js');
  return url;
}
