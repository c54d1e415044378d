// Frames of one subscription: timing, holding back, and what a slow client loses. Time is the test's.
import { describe, expect, it } from 'vitest';
import { parseLogQuery } from '../../src/logql/parser.ts';
import { frameIntervalMs, Subscription, waitingEntriesMax } from '../../src/tail/subscription.ts';
import type { TailEntry } from '../../src/tail/tail-frame.ts';
import { framesUnderWayMax } from '../../src/tail/tail-protocol.ts';

interface Frame {
  readonly streams: readonly { readonly values: readonly (readonly [string, string])[] }[];
  readonly dropped_entries?: readonly { readonly timestamp: string; readonly labels: object }[];
}

function setUp(delayMs = 0) {
  let nowMs = 1000;
  const timers: { atMs: number; run: () => void }[] = [];
  const frames: Frame[] = [];
  let dropped = 0;
  const subscription = new Subscription(
    { id: 1, tenant: 't', query: parseLogQuery('{a="b"}'), categorizeLabels: false, delayMs },
    {
      frame: (_, frame) => frames.push(JSON.parse(Buffer.from(frame).toString()) as Frame),
      dropped: (_, entries) => {
        dropped += entries;
      },
      nowMs: () => nowMs,
      after: (ms, run) => {
        const timer = { atMs: nowMs + ms, run };
        timers.push(timer);
        return () => timers.splice(timers.indexOf(timer), 1);
      },
    },
  );
  const pass = (ms: number): void => {
    nowMs += ms;
    for (const timer of timers.filter(({ atMs }) => atMs <= nowMs)) {
      timers.splice(timers.indexOf(timer), 1);
      timer.run();
    }
  };
  const lines = (): string[][] =>
    frames.map(({ streams }) => streams.flatMap(({ values }) => values.map(([, line]) => line)));
  return { subscription, frames, lines, pass, droppedTotal: () => dropped };
}

const labels = { stream: [['a', 'b']], structuredMetadata: [], parsed: [], key: 'k' } as const;
const entry = (timestampNs: number, line = String(timestampNs)): TailEntry => ({
  timestampNs: BigInt(timestampNs),
  line,
  labels,
});

describe('frames', () => {
  it('go at once after a quiet time, then at most one an interval', () => {
    const { subscription, lines, pass } = setUp();
    subscription.add([entry(1)]);
    expect(lines()).toEqual([['1']]);
    subscription.add([entry(2)]);
    subscription.add([entry(3)]);
    expect(lines()).toEqual([['1']]);
    pass(frameIntervalMs);
    expect(lines()).toEqual([['1'], ['2', '3']]);
  });

  it('are held back by delay_for and sorted by time', () => {
    const { subscription, lines, pass } = setUp(2000);
    subscription.add([entry(5)]);
    pass(1000);
    subscription.add([entry(3)]);
    expect(lines()).toEqual([]);
    pass(1000);
    expect(lines()).toEqual([['5']]);
    pass(1000);
    expect(lines()).toEqual([['5'], ['3']]);
  });

  it('of one time are sorted', () => {
    const { subscription, lines } = setUp();
    subscription.add([entry(5), entry(3), entry(4, 'a'), entry(4, 'b')]);
    expect(lines()).toEqual([['3', 'a', 'b', '5']]);
  });

  it('wait for a slow client, which loses its oldest entries and is told', () => {
    const { subscription, frames, lines, pass, droppedTotal } = setUp();
    for (let i = 0; i < framesUnderWayMax; i++) {
      subscription.add([entry(i)]);
      pass(frameIntervalMs);
    }
    const surplus = 7;
    subscription.add(Array.from({ length: waitingEntriesMax + surplus }, (_, i) => entry(100 + i)));
    pass(10 * frameIntervalMs);
    expect(frames).toHaveLength(framesUnderWayMax);
    expect(droppedTotal()).toBe(surplus);
    subscription.taken();
    expect(frames).toHaveLength(framesUnderWayMax + 1);
    expect(lines().at(-1)?.[0]).toBe(String(100 + surplus));
    expect(frames.at(-1)?.dropped_entries).toEqual(
      Array.from({ length: surplus }, (_, i) => ({ timestamp: String(100 + i), labels: { a: 'b' } })),
    );
    subscription.taken();
    expect(frames.at(-1)?.dropped_entries).toBeUndefined();
  });

  it('do not come after close', () => {
    const { subscription, frames, pass } = setUp(100);
    subscription.add([entry(1)]);
    subscription.close();
    pass(1000);
    expect(frames).toEqual([]);
  });
});
