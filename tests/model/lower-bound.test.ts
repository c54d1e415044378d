import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lowerBound } from '../../src/model/lower-bound.ts';

it('is the first place whose number is not below the value', () => {
  const numbers = fc.array(fc.nat(20), { maxLength: 40 });
  fc.assert(
    fc.property(numbers, fc.nat(22), fc.nat(40), (values, value, from) => {
      const sorted = Uint32Array.from(values).sort();
      const start = Math.min(from, sorted.length);
      const found = sorted.findIndex((number, at) => at >= start && number >= value);
      expect(lowerBound(sorted, value, start)).toBe(found < 0 ? sorted.length : found);
    }),
  );
});
