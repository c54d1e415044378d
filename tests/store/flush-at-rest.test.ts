// What came in a burst does not stay in memory: it goes into blocks when no more comes.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { storeSettings } from '../../src/sqlite/main/settings.ts';
import type { BuilderForWriter } from '../../src/sqlite/threads/builder-protocol.ts';
import { FlushScheduler } from '../../src/sqlite/write/flush-scheduler.ts';
import { SegmentList } from '../../src/sqlite/write/segment-list.ts';
import type { RpcPeer } from '../../src/threads/rpc.ts';

const settings = storeSettings('unused', {
  segmentBytes: 64 * 1024,
  flushRestMs: 10_000,
  flushSmallBytes: 4096,
});

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function scheduled(): { segments: SegmentList; push: (bytes: number) => void; flushes: () => number } {
  let flushes = 0;
  const segments = new SegmentList({ segmentBytes: settings.segmentBytes, pooledMax: 8, firstNumber: 1 });
  const builder = {
    call: async () => {
      flushes++;
    },
  } as unknown as RpcPeer<BuilderForWriter>;
  const scheduler = new FlushScheduler({
    settings,
    segments,
    builder,
    lastSeq: () => 1,
    onReleased: () => {},
  });
  const push = (bytes: number): void => {
    scheduler.noteEntries();
    segments.publish(new Uint8Array(bytes), 1);
    scheduler.flushIfDue();
  };
  return { segments, push, flushes: () => flushes };
}

it.each([
  ['a burst, in blocks when it rests', 8192, 0, 1],
  ['a burst, not before', 8192, -2000, 0],
  ['too little for blocks', 2048, 0, 0],
])('%s: %d bytes, %d ms around the time', async (_, bytes, ms, expected) => {
  const { segments, push, flushes } = scheduled();
  push(bytes);
  await vi.advanceTimersByTimeAsync(settings.flushRestMs + ms);
  expect([flushes(), segments.isEmpty]).toEqual([expected, expected === 1]);
});

it('as long as more comes nothing is cut for the rest', async () => {
  const { push, flushes } = scheduled();
  for (let round = 0; round < 20; round++) {
    push(1024);
    await vi.advanceTimersByTimeAsync(settings.flushRestMs / 2);
  }
  expect(flushes()).toBe(0);
  await vi.advanceTimersByTimeAsync(settings.flushRestMs);
  expect(flushes()).toBe(1);
});

it('a few entries that wait for more keep one segment, and not those of the burst before them', async () => {
  const { segments, push, flushes } = scheduled();
  push(60_000);
  push(60_000);
  const burst = new Set(segments.snapshot().segments.map(({ buffer }) => buffer));
  expect(burst.size).toBe(2);
  await vi.advanceTimersByTimeAsync(settings.flushRestMs);
  push(2048);
  await vi.advanceTimersByTimeAsync(settings.flushRestMs + 1000);
  expect([flushes(), segments.isEmpty]).toEqual([1, false]);
  push(64_000);
  const newest = segments.snapshot().segments.at(-1);
  expect(newest && burst.has(newest.buffer)).toBe(false);
});
