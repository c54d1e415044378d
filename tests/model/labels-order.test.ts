import fc from 'fast-check';
import { expect, it } from 'vitest';
import { labelsFromPairs, labelsKey } from '../../src/model/labels.ts';
import { labelsOrder } from '../../src/model/labels-order.ts';
import { xxhash64 } from '../../src/model/xxhash64.ts';

const text = fc.string({ maxLength: 5, unit: 'binary' });
const labelSets = fc.array(fc.tuple(text, text), { maxLength: 4 }).map(labelsFromPairs);

it('gives whole numbers, different ones for different labels', () => {
  fc.assert(
    fc.property(fc.array(labelSets, { maxLength: 50 }), (sets) => {
      const numbers = sets.map(labelsOrder);
      expect(numbers.every((n) => Number.isSafeInteger(n) && n >= 0)).toBe(true);
      expect(new Set(numbers).size).toBe(new Set(sets.map(labelsKey)).size);
    }),
  );
});

it('tells apart very many labels that look alike', () => {
  const numbers = new Set<number>();
  for (let i = 0; i < 20_000; i++) numbers.add(labelsOrder([['pod', `web-${i}`]]));
  expect(numbers.size).toBe(20_000);
});

/** Published with implementations of the algorithm. */
it.each([
  ['', 0xef46db3751d8e999n],
  ['a', 0xd24ec4f1a98c6e5bn],
  ['asd', 0x631c37ce72a97393n],
  ['asdf', 0x415872f599cea71en],
  ['Call me Ishmael. Some years ago--never mind how long precisely-', 0x02a2e85470d6fd96n],
])('XXH64 of %j', (text, hash) => {
  expect(xxhash64(Buffer.from(text))).toBe(hash);
});
