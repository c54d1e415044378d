// The main thread watches all others; one of them watches it. A process whose main thread hangs answers nobody and
// looks alive to whoever would start it again: so it is ended.
import { write } from 'node:fs';
import { kill, pid } from 'node:process';
import type { RpcPeer } from './rpc.ts';
import { watchForHang } from './watchdog.ts';

/** Questions to the main thread before it is given up. */
const asked = 20;
/** How long the last line may take: what hangs may be whoever reads it. */
const lineMs = 1000;
const standardError = 2;

/**
 * To be called in a worker, with the channel to the main thread: kills the process when that has not answered for
 * `hangTimeoutMs`. It cannot exit, since it is the main thread that would have to.
 */
export function watchMainThread(main: Pick<RpcPeer<object>, 'ping' | 'closed'>, hangTimeoutMs: number): void {
  watchForHang(main, {
    everyMs: Math.ceil(hangTimeoutMs / asked),
    missedMax: asked,
    onHung: () => {
      const end = (): void => void kill(pid, 'SIGKILL');
      setTimeout(end, lineMs);
      const msg = `the main thread has not answered for ${hangTimeoutMs} ms; the process is killed`;
      write(
        standardError,
        `${JSON.stringify({ level: 'fatal', time: new Date().toISOString(), msg })}\n`,
        end,
      );
    },
  });
}
