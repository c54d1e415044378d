// Questions and their answers: each step takes the state from one that can be seen to another.
import { type Asked, fragmentOf } from '../address.ts';
import { readAddress, writeAddress } from '../browser-history.ts';
import { useTenant } from '../gateway/requests.ts';
import { problemOf } from '../problem.ts';
import type { Outcome, PageStore } from '../state.ts';
import { answerOnce } from './answer-once.ts';
import { followLive, type LiveLines } from './follow-live.ts';
import { olderThan } from './older-lines.ts';

export interface Conversation {
  /** Asks, as a new step of the history unless it is the same again. */
  ask(change?: Partial<Asked>): void;
  /** Asks what the address says, of this tenant when it names none. */
  askAddress(tenant?: string): void;
  older(): Promise<void>;
  stop(): void;
  pause(paused: boolean): void;
}

export function conversation(store: PageStore): Conversation {
  let running = new AbortController();
  let live: LiveLines | undefined;

  const answer = (asked: Asked): void => {
    running.abort();
    running = new AbortController();
    useTenant(asked.tenant);
    store.set({ asked });
    live = asked.live ? followLive(store, asked, running) : undefined;
    if (!asked.live) void answerOnce(store, asked, running.signal);
  };

  return {
    ask(change = {}) {
      const before = store.get().asked;
      const asked = { ...before, line: '', ...change };
      const nowMs = Date.now();
      const same = fragmentOf(asked, 0, true) === fragmentOf(before, 0, true) && location.hash !== '';
      writeAddress(asked, nowMs, same ? 'same' : 'new');
      answer(asked);
    },
    askAddress(tenant = '') {
      const asked = readAddress();
      answer(asked.tenant === '' ? { ...asked, tenant } : asked);
    },
    async older() {
      const { outcome, entries } = store.get();
      const oldest = entries.at(-1);
      if (outcome.kind !== 'lines' || !outcome.more || oldest === undefined) return;
      const { signal } = running;
      try {
        const found = await olderThan(outcome.request, entries, signal);
        if (signal.aborted) return;
        store.set({
          entries: [...entries, ...found.entries],
          outcome: { ...outcome, more: found.more },
        });
      } catch (error) {
        // What is there stays, and the button to try again.
        const warnings = [`Older lines did not come: ${problemOf(error).text}`];
        if (!signal.aborted) store.set({ outcome: { ...outcome, warnings } });
      }
    },
    stop() {
      const { outcome, asked } = store.get();
      running.abort();
      const stopped: Outcome =
        outcome.kind === 'live' ? { kind: 'stopped', received: outcome.received } : { kind: 'nothing' };
      store.set({ asked: { ...asked, live: false }, outcome: stopped });
      writeAddress({ ...asked, live: false }, Date.now(), 'new');
    },
    pause: (paused) => live?.pause(paused),
  };
}
