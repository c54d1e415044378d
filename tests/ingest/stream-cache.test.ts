import { describe, expect, it } from 'vitest';
import { undecidedLevel } from '../../src/ingest/entries/metadata-writer.ts';
import type { PushStream } from '../../src/ingest/entries/push-stream.ts';
import { StreamCache } from '../../src/ingest/entries/stream-cache.ts';

const stream = (text: string): PushStream => ({
  ...{ tenant: 'fake', labels: [['a', text]], level: undecidedLevel, refusal: undefined, text },
  ...{ id: undefined, idAskedMs: 0, rate: undefined, pushNumber: 0, pushTarget: 0 },
});

/** More than are kept of those that the store does not have. */
const manyNew = 5_000;

describe('StreamCache', () => {
  it('finds a stream again, stored or not', () => {
    const cache = new StreamCache();
    const one = stream('one');
    cache.set('one', one);
    expect(cache.get('one')).toBe(one);
    expect(cache.get('two')).toBeUndefined();
  });

  it.each([
    ['stored', 7, true],
    ['refused', undefined, false],
  ])('a %s one is behind very many new ones remembered: %s', (_, id, remembered) => {
    const cache = new StreamCache();
    const one = stream('one');
    cache.set('one', one);
    one.id = id;
    for (let at = 0; at < manyNew; at++) cache.set(`new ${at}`, stream(`new ${at}`));
    expect(cache.get('one')).toBe(remembered ? one : undefined);
  });

  it('stored ones are found however many there are in turn', () => {
    const cache = new StreamCache();
    for (let at = 0; at < manyNew; at++) {
      const one = stream(`${at}`);
      cache.set(`${at}`, one);
      one.id = at;
    }
    for (let at = 0; at < manyNew; at++) expect(cache.get(`${at}`)?.id).toBe(at);
  });

  it('long texts of refused streams are not kept together', () => {
    const cache = new StreamCache();
    const long = 'x'.repeat(16_000);
    for (let at = 0; at < 500; at++) cache.set(`${at}${long}`, stream(long));
    const kept = Array.from({ length: 500 }, (_, at) => cache.get(`${at}${long}`)).filter(Boolean);
    expect(kept.length * long.length).toBeLessThan(2 ** 20);
    expect(kept).not.toHaveLength(0);
  });
});
