// Threads that hang: alive, but their event loop does not turn.
import type { RpcPeer } from './rpc.ts';

export interface WatchdogOptions {
  readonly everyMs: number;
  /** Turns of ours in a row without an answer: those of a process that was stopped for a while do not count. */
  readonly missedMax: number;
  readonly onHung?: () => void;
  /** It has answered after all. */
  readonly onBack?: () => void;
}

/** Signs of life come at most so often. */
const aliveEveryMs = 500;

/**
 * For work whose length has no bound and that does not turn the event loop: to be called at each of its steps, gives a
 * sign of life to whoever watches.
 */
export function signOfLife(give: () => void): () => void {
  let givenMs = performance.now();
  return () => {
    const nowMs = performance.now();
    if (nowMs - givenMs < aliveEveryMs) return;
    givenMs = nowMs;
    give();
  };
}

/** A minute without a turn: far above what any unit of work takes. */
export const hungAfter: WatchdogOptions = { everyMs: 5_000, missedMax: 12 };

export interface Watchdog {
  /** No answer for that long; false again when one comes. */
  readonly hung: boolean;
}

/** Asks the other end again and again whether it is there, until the channel closes. Keeps no process alive. */
export function watchForHang(
  peer: Pick<RpcPeer<object>, 'ping' | 'closed'>,
  options: WatchdogOptions,
): Watchdog {
  const { everyMs, missedMax, onHung, onBack } = options;
  let missed = 0;
  const ask = (): void => {
    missed = 0;
    peer.ping(() => {
      if (missed >= missedMax) onBack?.();
      missed = -1;
    });
  };
  ask();
  const timer = setInterval(() => {
    if (missed < 0) ask();
    else if (++missed === missedMax) onHung?.();
  }, everyMs);
  timer.unref();
  void peer.closed.then(() => clearInterval(timer));
  return {
    get hung() {
      return missed >= missedMax;
    },
  };
}
