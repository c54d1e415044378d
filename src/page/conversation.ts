// Questions and their answers: each step takes the state from one that can be seen to another.
import { type Asked, fragmentOf } from './address.ts';
import { readAddress, writeAddress } from './browser-history.ts';
import { barSeconds, barSpan, histogramOf, volumeQuery } from './charts/histogram-data.ts';
import { compareNs, type Entry, entryKey } from './gateway/entry.ts';
import { type LinesQuery, queryLines, queryRange, type RangeQuery } from './gateway/queries.ts';
import { useTenant } from './gateway/requests.ts';
import { followTail } from './gateway/tail.ts';
import { problemOf } from './problem.ts';
import { queryOfWords } from './query/plain-words.ts';
import { withoutComments } from './query/query-scan.ts';
import { rememberQuery } from './query/saved-queries.ts';
import type { LiveState, Outcome, PageStore } from './state.ts';
import { spanOf } from './time/time-range.ts';

export const everything = '{service_name=~".+"}';
/** Lines kept in the list while it is live. */
const liveLinesMax = 10_000;
const liveHistoryLimit = 100;
/** Pictures a second of what comes live. */
const liveFrameMs = 100;
/** Lines asked for on each side of the one that a link points to. */
const linkedLines = 50;
const linkedSpanNs = 3_600_000_000_000n;

/** The LogQL of what was asked. */
export const logqlOf = ({ query }: Pick<Asked, 'query'>): string =>
  withoutComments(query) === '' ? everything : (queryOfWords(query) ?? query.trim());

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
  let pauseLive: (paused: boolean) => void = () => {};

  const begin = (asked: Asked): AbortSignal => {
    running.abort();
    running = new AbortController();
    pauseLive = () => {};
    useTenant(asked.tenant);
    store.set({ asked });
    return running.signal;
  };

  const answer = (asked: Asked): void => {
    const signal = begin(asked);
    if (asked.live) void live(asked, signal);
    else void once(asked, signal);
  };

  const once = async (asked: Asked, signal: AbortSignal): Promise<void> => {
    store.set({ outcome: { kind: 'asking' } });
    const request = requestOf(asked);
    const startedMs = performance.now();
    try {
      const found = await (asked.line === '' ? queryRange(request, signal) : around(asked, request, signal));
      const tookMs = performance.now() - startedMs;
      if (asked.query.trim() !== '') rememberQuery(asked.query.trim());
      const { warnings } = found;
      if (found.kind === 'series') {
        if (signal.aborted) return;
        const outcome = { kind: 'series', request, series: found.series, tookMs, warnings } as const;
        store.set({ entries: [], histogram: undefined, outcome });
        return;
      }
      const more = asked.line === '' && found.entries.length >= request.limit;
      store.set({ entries: found.entries, outcome: { kind: 'lines', request, tookMs, more, warnings } });
      await volume(request, signal);
    } catch (error) {
      if (signal.aborted) return;
      store.set({
        entries: [],
        histogram: undefined,
        outcome: { kind: 'failed', problem: problemOf(error) },
      });
    }
  };

  /** The bars are an addition: what is wrong with their query is not what was asked. */
  const volume = async (request: RangeQuery, signal: AbortSignal): Promise<void> => {
    const { stepSeconds } = request;
    const span = barSpan(request, stepSeconds);
    const query = volumeQuery(request.query, stepSeconds);
    const found = await queryRange({ ...span, query, stepSeconds, limit: 1 }, signal).catch(() => undefined);
    if (signal.aborted) return;
    const histogram = found?.kind === 'series' ? histogramOf(found.series, span, stepSeconds) : undefined;
    store.set({ histogram });
  };

  const live = async (asked: Asked, signal: AbortSignal): Promise<void> => {
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
      const entries = mergedNewestFirst(waiting, store.get().entries).slice(0, liveLinesMax);
      waiting = [];
      state = { ...state, waiting: 0 };
      store.set({ entries, outcome: { kind: 'live', ...state } });
    };
    pauseLive = (paused) => {
      show({ paused });
      flush();
    };
    store.set({ entries: [], histogram: undefined });
    show({});
    const frames = window.setInterval(flush, liveFrameMs);
    const seconds = window.setInterval(() => {
      if (state.perSecond !== inSecond) show({ perSecond: inSecond });
      inSecond = 0;
    }, 1000);
    signal.addEventListener('abort', () => {
      window.clearInterval(frames);
      window.clearInterval(seconds);
    });
    await followTail(
      logqlOf(asked),
      liveHistoryLimit,
      {
        onEntries(entries) {
          const all = mergedNewestFirst(entries, waiting);
          waiting = all.slice(0, liveLinesMax);
          inSecond += entries.length;
          const left = all.length - waiting.length;
          state = { ...state, received: state.received + entries.length, dropped: state.dropped + left };
          if (state.paused) show({ waiting: waiting.length });
        },
        onDropped: (count) => show({ dropped: state.dropped + count }),
        onConnection: (connected) => show({ connected }),
        onEnd(error) {
          flush();
          running.abort();
          store.set({
            asked: { ...asked, live: false },
            outcome: { kind: 'failed', problem: problemOf(error) },
          });
        },
      },
      signal,
    );
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
    pause: (paused) => pauseLive(paused),
  };
}

export function requestOf(asked: Asked): RangeQuery {
  const span = spanOf(asked.range, Date.now());
  const stepSeconds = barSeconds(Number((span.endNs - span.startNs) / 1_000_000_000n));
  return { query: logqlOf(asked), limit: asked.limit, stepSeconds, ...span };
}

/** Entries older than those that are there, newest first. `more`: there may be others. */
export async function olderThan(
  request: LinesQuery,
  entries: readonly Entry[],
  signal: AbortSignal,
): Promise<{ readonly entries: readonly Entry[]; readonly more: boolean }> {
  const oldestNs = entries.at(-1)?.timestampNs;
  if (oldestNs === undefined) return { entries: [], more: false };
  // Lines of the very same nanosecond may be left: it is asked for again, and what is there already is left out.
  const found = await queryLines({ ...request, endNs: BigInt(oldestNs) + 1n }, signal);
  const known = new Map<string, number>();
  for (let at = entries.length - 1; entries[at]?.timestampNs === oldestNs; at--) {
    const key = entryKey(entries[at] as Entry);
    known.set(key, (known.get(key) ?? 0) + 1);
  }
  const fresh = found.filter((entry) => {
    if (entry.timestampNs !== oldestNs) return true;
    const key = entryKey(entry);
    const left = known.get(key) ?? 0;
    known.set(key, left - 1);
    return left <= 0;
  });
  if (fresh.length > 0 || found.length < request.limit)
    return { entries: fresh, more: found.length >= request.limit };
  // All of one nanosecond, more than one answer holds: they cannot be told apart by time, so it goes on before them.
  const before = await queryLines({ ...request, endNs: BigInt(oldestNs) }, signal);
  return { entries: before, more: before.length >= request.limit };
}

/** Lines on both sides of the one that a link points to. */
async function around(asked: Asked, request: RangeQuery, signal: AbortSignal) {
  const atNs = BigInt(/^\d{1,19}/.exec(asked.line)?.[0] ?? '0');
  const [before, after] = await Promise.all([
    queryRange(
      {
        ...request,
        startNs: atNs > linkedSpanNs ? atNs - linkedSpanNs : 0n,
        endNs: atNs + 1n,
        limit: linkedLines,
      },
      signal,
    ),
    queryLines(
      { ...request, startNs: atNs + 1n, endNs: atNs + linkedSpanNs, limit: linkedLines },
      signal,
      'forward',
    ),
  ]);
  return before.kind === 'series' ? before : { ...before, entries: [...after, ...before.entries] };
}

/** Two lists, each newest first, as one; those of the first come first within a nanosecond. */
function mergedNewestFirst(newer: readonly Entry[], older: readonly Entry[]): readonly Entry[] {
  const [last, first] = [newer.at(-1), older[0]];
  if (last === undefined || first === undefined || compareNs(last.timestampNs, first.timestampNs) >= 0)
    return [...newer, ...older];
  return [...newer, ...older].sort((a, b) => compareNs(b.timestampNs, a.timestampNs));
}
