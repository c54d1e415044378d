import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GuessedStreams } from '../../src/collectors/guessed-streams.ts';

const hourMs = 3_600_000;

describe('streams with guessed labels', () => {
  it('are as many as one sender may bring up, and leave the others their own', () => {
    const streams = new GuessedStreams({ perPeerMax: 3, totalMax: 100 }, () => 0);
    const noisy = Array.from({ length: 10 }, (_, n) => streams.admits('192.0.2.1', `app ${n}`));
    expect(noisy).toEqual([...Array(3).fill(true), ...Array(7).fill(false)]);
    expect(streams.admits('192.0.2.1', 'app 1')).toBe(true);
    expect(streams.admits('192.0.2.2', 'app 9')).toBe(true);
  });

  it('are as many of all senders together as the source may have', () => {
    const streams = new GuessedStreams({ perPeerMax: 3, totalMax: 5 }, () => 0);
    const peers = Array.from({ length: 10 }, (_, n) => streams.admits(`192.0.2.${n}`, 'sshd'));
    expect(peers.filter(Boolean)).toHaveLength(5);
  });

  it('count no more an hour after they were last asked for', () => {
    let nowMs = 0;
    const streams = new GuessedStreams({ perPeerMax: 2, totalMax: 10 }, () => nowMs);
    expect(streams.admits('a', 'old')).toBe(true);
    expect(streams.admits('a', 'kept')).toBe(true);
    nowMs = hourMs / 2;
    expect(streams.admits('a', 'kept')).toBe(true);
    nowMs = hourMs;
    expect(streams.admits('a', 'new')).toBe(true);
    expect(streams.admits('a', 'newer')).toBe(false);
    expect(streams.admits('a', 'kept')).toBe(true);
  });

  it('never exceed the bounds, whatever is asked for', () => {
    const asked = fc.array(fc.tuple(fc.nat(5), fc.nat(40)), { maxLength: 300 });
    fc.assert(
      fc.property(
        asked,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 30 }),
        (asks, perPeerMax, totalMax) => {
          const streams = new GuessedStreams({ perPeerMax, totalMax }, () => 0);
          const admitted = new Map<number, Set<number>>();
          for (const [peer, key] of asks) {
            const had = admitted.get(peer) ?? new Set();
            admitted.set(peer, had);
            const admits = streams.admits(String(peer), String(key));
            if (had.has(key)) expect(admits).toBe(true);
            if (admits) had.add(key);
            expect(had.size).toBeLessThanOrEqual(perPeerMax);
            const total = [...admitted.values()].reduce((sum, { size }) => sum + size, 0);
            expect(total).toBeLessThanOrEqual(totalMax);
          }
        },
      ),
    );
  });

  it('without bounds, are any number of one sender', () => {
    const streams = new GuessedStreams({ perPeerMax: 0, totalMax: 0 }, () => 0);
    expect(Array.from({ length: 6_000 }, (_, n) => streams.admits('a', String(n))).every(Boolean)).toBe(true);
  });
});
