// What is freed is empty at once, here and for the process.
import { describe, expect, it } from 'vitest';
import { freeBytes, freeMemory } from '../../src/threads/free-memory.ts';

const mebibyte = 1024 * 1024;

describe('memory of bodies', () => {
  it.each([0, 1, 65_536, mebibyte])('of %d bytes is given back, its views are empty', (bytes) => {
    const buffer = new ArrayBuffer(bytes);
    const view = Buffer.from(buffer);
    freeMemory(buffer);
    expect(buffer.byteLength).toBe(0);
    expect(view.length).toBe(0);
  });

  it('is given back by its bytes only when they have it to themselves', () => {
    const own = new Uint8Array(1000);
    freeBytes(own);
    expect(own.length).toBe(0);
    const shared = new Uint8Array(1000);
    freeBytes(shared.subarray(0, 999));
    freeBytes(shared.subarray(1));
    const pooled = Buffer.from('pooled');
    freeBytes(pooled);
    const betweenThreads = new Uint8Array(new SharedArrayBuffer(10));
    freeBytes(betweenThreads);
    expect([shared.length, pooled.toString(), betweenThreads.length]).toEqual([1000, 'pooled', 10]);
  });

  it('does not wait for a collection of garbage', () => {
    const before = process.memoryUsage().arrayBuffers;
    const freed = Array.from({ length: 64 }, () => new ArrayBuffer(mebibyte));
    for (const buffer of freed) freeMemory(buffer);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * mebibyte);
    expect(freed).toHaveLength(64);
  });
});
