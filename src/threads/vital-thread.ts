// Threads that nothing can go on without. One that does not answer is told of soon and its callers are no longer kept
// waiting; when it stays away it is given up.
import type { RpcPeer } from './rpc.ts';
import { watchForHang } from './watchdog.ts';

export interface VitalThreadOptions {
  /** Without an answer for this long the thread is given up. After a quarter of it its calls are refused. */
  readonly hangTimeoutMs: number;
  /** It died, or was given up. Called once. */
  readonly onLost: (error: Error) => void;
}

/** A call was refused because the thread has not answered for a while. What was asked may still happen. */
export class ThreadStalledError extends Error {
  override readonly name = 'ThreadStalledError';
}

export interface VitalThread {
  /** Undefined: as far as one knows, well. */
  readonly problem: string | undefined;
}

/** Questions to the thread before its calls are refused, and before it is given up. */
const asked = { stalled: 5, lost: 20 } as const;

/** Watches from now on, until the channel closes. `name` is in texts: "ingest". */
export function watchVitalThread(
  peer: Pick<RpcPeer<object>, 'ping' | 'closed' | 'suspend' | 'resume'>,
  name: string,
  { hangTimeoutMs, onLost }: VitalThreadOptions,
): VitalThread {
  let problem: string | undefined;
  let lost = false;
  const lose = (error: Error): void => {
    if (lost) return;
    lost = true;
    problem = `${name} has failed`;
    onLost(error);
  };
  const everyMs = Math.ceil(hangTimeoutMs / asked.lost);
  watchForHang(peer, {
    everyMs,
    missedMax: asked.stalled,
    onHung: () => {
      problem ??= `${name} does not answer`;
      peer.suspend(new ThreadStalledError(`${name} has not answered for a while: try again later`));
    },
    onBack: () => {
      if (lost) return;
      problem = undefined;
      peer.resume();
    },
  });
  watchForHang(peer, {
    everyMs,
    missedMax: asked.lost,
    onHung: () => lose(new ThreadStalledError(`${name} has not answered for ${hangTimeoutMs} ms`)),
  });
  void peer.closed.then(lose);
  return {
    get problem() {
      return problem;
    },
  };
}
