// Streams of one source of collected entries, by the hour.
import { expect, it } from 'vitest';
import { SourceStreams } from '../../src/ingest/repair/source-streams.ts';

const hourMs = 3_600_000;

it('takes so many new streams, and others when some were quiet for an hour', () => {
  const streams = new SourceStreams();
  expect(['a', 'b', 'c'].map((key) => streams.admits(key, 2, 0))).toEqual([true, true, false]);
  expect(streams.admits('a', 2, 1)).toBe(true);
  streams.saw('b', hourMs);
  streams.saw('c', hourMs);
  expect(streams.admits('c', 2, hourMs)).toBe(false);
  // `a` was quiet for an hour.
  expect(streams.admits('c', 2, hourMs + 10_001)).toBe(true);
  expect(streams.admits('a', 2, hourMs + 10_002)).toBe(false);
});

it('takes any number where there is no bound', () => {
  const streams = new SourceStreams();
  expect(Array.from({ length: 100 }, (_, n) => streams.admits(String(n), 0, 0))).not.toContain(false);
});
