// Lines as they come: shown a few times a second, held back while somebody reads.
import type { Asked } from '../address.ts';
import { compareNs, type Entry } from '../gateway/entry.ts';
import { followTail } from '../gateway/tail.ts';
import { problemOf } from '../problem.ts';
import type { LiveState, PageStore } from '../state.ts';
import { logqlOf } from './asked-query.ts';

/** Kept in the list. */
const linesMax = 10_000;
const historyLimit = 100;
/** Pictures a second of what comes. */
const frameMs = 100;

export interface LiveLines {
  pause(paused: boolean): void;
}

/** Follows until `running` is aborted, or aborts it when it cannot go on. */
export function followLive(store: PageStore, asked: Asked, running: AbortController): LiveLines {
  let state: LiveState = {
    connected: false,
    received: 0,
    dropped: 0,
    perSecond: 0,
    paused: false,
    waiting: 0,
  };
  let waiting: readonly Entry[] = [];
  let inSecond = 0;
  const show = (part: Partial<LiveState>): void => {
    state = { ...state, ...part };
    store.set({ outcome: { kind: 'live', ...state } });
  };
  const flush = (): void => {
    if (waiting.length === 0 || state.paused) return;
    const entries = mergedNewestFirst(waiting, store.get().entries).slice(0, linesMax);
    waiting = [];
    state = { ...state, waiting: 0 };
    store.set({ entries, outcome: { kind: 'live', ...state } });
  };
  store.set({ entries: [], histogram: undefined });
  show({});
  const frames = window.setInterval(flush, frameMs);
  const seconds = window.setInterval(() => {
    if (state.perSecond !== inSecond) show({ perSecond: inSecond });
    inSecond = 0;
  }, 1000);
  running.signal.addEventListener('abort', () => {
    window.clearInterval(frames);
    window.clearInterval(seconds);
  });
  const listener = {
    onEntries(entries: readonly Entry[]): void {
      const all = mergedNewestFirst(entries, waiting);
      waiting = all.slice(0, linesMax);
      inSecond += entries.length;
      const left = all.length - waiting.length;
      state = { ...state, received: state.received + entries.length, dropped: state.dropped + left };
      if (state.paused) show({ waiting: waiting.length });
    },
    onDropped: (count: number): void => show({ dropped: state.dropped + count }),
    onConnection: (connected: boolean): void => show({ connected }),
    onEnd(error: unknown): void {
      flush();
      running.abort();
      store.set({
        asked: { ...asked, live: false },
        outcome: { kind: 'failed', problem: problemOf(error) },
      });
    },
  };
  void followTail(logqlOf(asked), historyLimit, listener, running.signal);
  return {
    pause(paused) {
      show({ paused });
      flush();
    },
  };
}

/** Two lists, each newest first, as one; those of the first come first within a nanosecond. */
function mergedNewestFirst(newer: readonly Entry[], older: readonly Entry[]): readonly Entry[] {
  const [last, first] = [newer.at(-1), older[0]];
  if (last === undefined || first === undefined || compareNs(last.timestampNs, first.timestampNs) >= 0)
    return [...newer, ...older];
  return [...newer, ...older].sort((a, b) => compareNs(b.timestampNs, a.timestampNs));
}
