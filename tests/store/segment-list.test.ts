// Memory of segments: used again when their entries are in blocks, but not under a reader.
import { expect, it } from 'vitest';
import { publishedBytes, type SegmentRef, segmentControl } from '../../src/sqlite/threads/segment.ts';
import { holdSegments } from '../../src/sqlite/threads/segment-hold.ts';
import { heldBytesMax, SegmentList } from '../../src/sqlite/write/segment-list.ts';

const mebibyte = 1024 * 1024;
const slice = (byte: number): Uint8Array => new Uint8Array(512 * 1024).fill(byte);
const isReadable = ({ buffer, number }: SegmentRef): boolean =>
  publishedBytes(segmentControl(buffer), number) >= 0;

function listOf(pooledMax = 8): SegmentList {
  return new SegmentList({ segmentBytes: mebibyte, pooledMax, firstNumber: 1 });
}

it('held memory is not used again until it is let go', () => {
  const list = listOf();
  const { ref } = list.publish(slice(1), 1);
  const release = holdSegments(list.snapshot());
  list.release(list.seal());
  const second = list.publish(slice(2), 2).ref;
  expect(second.buffer).not.toBe(ref.buffer);
  expect([isReadable(ref), new Uint8Array(ref.buffer)[64]]).toEqual([true, 1]);
  release();
  release();
  list.release(list.seal());
  expect(isReadable(ref)).toBe(false);
  const third = [list.publish(slice(3), 3).ref.buffer, list.publish(slice(4), 4).ref.buffer];
  list.publish(slice(5), 5);
  expect(third.map((buffer) => buffer === ref.buffer || buffer === second.buffer)).toContain(true);
});

it('an old snapshot holds nothing of what came after it', () => {
  const list = listOf();
  list.publish(slice(1), 1);
  const old = list.snapshot();
  list.release(list.seal());
  const { ref } = list.publish(slice(2), 2);
  expect(ref.buffer).toBe(old.segments[0]?.buffer);
  const release = holdSegments(old);
  list.release(list.seal());
  expect(isReadable(ref)).toBe(false);
  release();
  expect(list.publish(slice(3), 3).ref.buffer).toBe(ref.buffer);
});

it('more than may be held is taken from its readers, the oldest first', () => {
  const list = listOf();
  const held = heldBytesMax / mebibyte + 2;
  const refs: SegmentRef[] = [];
  for (let seq = 1; seq <= held; seq++) {
    refs.push(list.publish(slice(1), seq).ref);
    holdSegments(list.snapshot());
    list.release(list.seal());
  }
  expect(refs.map(isReadable)).toEqual(refs.map((_, i) => i >= 2));
});

it('memory that was given back is not used again', () => {
  const list = listOf();
  const { ref } = list.publish(slice(1), 1);
  list.release(list.seal());
  list.giveBack();
  expect(list.publish(slice(2), 2).ref.buffer).not.toBe(ref.buffer);
});
