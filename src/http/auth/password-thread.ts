// The thread that checks passwords: started by the first check, ended when there were none for a while. Node's own pool
// would do the work, too, but answers are compressed and files are read in it, and would wait behind guessed passwords.
import type { Worker } from 'node:worker_threads';
import { RpcClosedError, RpcPeer } from '../../threads/rpc.ts';
import { startThread } from '../../threads/start-thread.ts';
import { hungAfter, watchForHang } from '../../threads/watchdog.ts';

export interface PasswordWork {
  readonly password: string;
  /** All are worked out, so that the time tells nothing of which one is meant. */
  readonly hashes: readonly string[];
  /** Place of the hash that is meant; -1: none. */
  readonly own: number;
}

export interface PasswordService {
  /** Whether the password is the one of the hash that is meant. */
  check(work: PasswordWork): boolean;
}

const idleMs = 120_000;

export class PasswordThread {
  #running: { readonly worker: Worker; readonly peer: RpcPeer<PasswordService> } | undefined;
  #idle: NodeJS.Timeout | undefined;

  /** Rejects with RpcClosedError when the thread dies or hangs; the next check starts another. */
  check(work: PasswordWork): Promise<boolean> {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.close(), idleMs).unref();
    this.#running ??= this.#start();
    return this.#running.peer.call('check', work);
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const running = this.#running;
    this.#running = undefined;
    running?.peer.close();
    await running?.worker.terminate();
  }

  #start(): { readonly worker: Worker; readonly peer: RpcPeer<PasswordService> } {
    const worker = startThread(import.meta.url, './password-worker.ts', {
      name: 'passwords',
      execArgv: [],
    });
    worker.unref();
    const peer = new RpcPeer<PasswordService>(worker, {});
    const running = { worker, peer };
    watchForHang(peer, {
      ...hungAfter,
      onHung: () => {
        peer.close(new RpcClosedError('it did not answer'));
        void worker.terminate();
      },
    });
    void peer.closed.then(() => {
      if (this.#running === running) this.#running = undefined;
    });
    return running;
  }
}
