import { expect, it } from 'vitest';
import { type EndStep, endInSteps } from '../../src/gateway/end-steps.ts';

const never = new Promise<never>(() => {});
const well = async (): Promise<void> => {};
const fail = async (): Promise<void> => {
  throw new Error('out of order');
};

it.each<[name: string, ends: readonly EndStep['run'][], isGood: boolean, trouble: readonly string[]]>([
  ['all well', [well, well, well], true, []],
  ['one fails: the others still have their turn', [well, fail, well], false, ['1: out of order']],
  ['one never ends: the same', [well, () => never, well], false, ['1: it has not ended in time']],
  [
    'none ends',
    [() => never, () => never, () => never],
    false,
    [0, 1, 2].map((part) => `${part}: it has not ended in time`),
  ],
])('%s', async (_name, ends, isGood, trouble) => {
  const told: string[] = [];
  const begun: number[] = [];
  const steps = ends.map(
    (run, part): EndStep => ({
      part: String(part),
      by: (part + 1) / ends.length,
      run: (timeoutMs) => {
        begun.push(part);
        expect(timeoutMs).toBeLessThanOrEqual(300);
        return run(timeoutMs);
      },
    }),
  );
  expect(await endInSteps(steps, 300, (part, { message }) => told.push(`${part}: ${message}`))).toBe(isGood);
  expect(begun).toEqual([0, 1, 2]);
  expect(told).toEqual(trouble);
});
