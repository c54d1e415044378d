// Samples of several units, each in order of time, become one row in order of time.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SampleList } from '../../src/scan/ranges/sample-list.ts';

it('sorts by time and keeps the order of equal times', () => {
  const unit = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 30 });
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 9 }), (units) => {
      const list = new SampleList();
      const samples = units.flatMap((times) => times.toSorted((a, b) => a - b));
      samples.forEach((time, value) => {
        list.push(time, value);
      });
      const { times, values } = list.sorted();
      const order = samples.map((time, value) => [time, value] as const).sort(([a], [b]) => a - b);
      expect([...times].map((time, i) => [time, values[i]])).toEqual(order);
      expect([...list.values]).toEqual(samples.map((_, i) => i));
    }),
  );
});
