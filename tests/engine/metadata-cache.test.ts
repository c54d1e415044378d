import { expect, it } from 'vitest';
import { labelsFromPairs } from '../../src/model/labels.ts';
import { encodeMetadata } from '../../src/model/structured-metadata.ts';
import { MetadataCache } from '../../src/scan/scan-unit-loop.ts';

it.each([
  ['a Buffer', Buffer.alloc(64)],
  ['an array', new Uint8Array(64)],
])('metadata of equal length in %s that is used again is told apart', (_, memory) => {
  const cache = new MetadataCache();
  for (const value of ['a', 'b', 'b', 'a']) {
    const labels = labelsFromPairs([['trace', value]]);
    const bytes = encodeMetadata(labels);
    memory.set(bytes, 3);
    expect(cache.decode(memory, 3, 3 + bytes.length)).toEqual(labels);
  }
});
