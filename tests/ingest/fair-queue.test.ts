import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FairQueue } from '../../src/ingest/intake/fair-queue.ts';

it.each<[name: string, added: string, served: string]>([
  ['one sender: in order', 'a1 a2 a3', 'a1 a2 a3'],
  ['senders in turn', 'a1 a2 a3 b1 b2 c1', 'a1 b1 c1 a2 b2 a3'],
  ['who comes late waits for one of each', 'a1 a2 a3 a4 b1', 'a1 b1 a2 a3 a4'],
])('%s', (_name, added, served) => {
  const queue = new FairQueue<string>();
  for (const item of added.split(' ')) queue.add(item.charAt(0), item);
  const order: (string | undefined)[] = [];
  while (queue.length > 0) order.push(queue.next());
  expect(order.join(' ')).toBe(served);
  expect(queue.next()).toBeUndefined();
});

it('keeps the order of each sender and passes nobody twice', () => {
  const step = fc.oneof(fc.constant(undefined), fc.constantFrom('a', 'b', 'c'));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new FairQueue<{ sender: string; number: number }>();
      const waiting = new Map<string, number[]>();
      /** How often others were served since, of each sender that waits. */
      const passed = new Map<string, Map<string, number>>();
      for (const [number, sender] of steps.entries()) {
        if (sender !== undefined) {
          queue.add(sender, { sender, number });
          waiting.set(sender, [...(waiting.get(sender) ?? []), number]);
          if (!passed.has(sender)) passed.set(sender, new Map());
          continue;
        }
        const served = queue.next();
        if (served === undefined) {
          expect(waiting.size).toBe(0);
          continue;
        }
        const [first, ...rest] = waiting.get(served.sender) ?? [];
        expect(served.number).toBe(first);
        passed.delete(served.sender);
        for (const [, counts] of passed) {
          counts.set(served.sender, (counts.get(served.sender) ?? 0) + 1);
          expect(counts.get(served.sender)).toBe(1);
        }
        if (rest.length === 0) waiting.delete(served.sender);
        else {
          waiting.set(served.sender, rest);
          passed.set(served.sender, new Map());
        }
      }
    }),
  );
});
