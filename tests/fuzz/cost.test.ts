// Inputs that once cost more than their length, and a short search for others. `npm run fuzz -- --cost` does it for long.
import { describe, expect, it } from 'vitest';
import { seed } from '../seed.ts';
import { pastCostFinds, searchCost, writeWidening } from './cost.ts';
import { fuzzTargets } from './targets.ts';

/** For each target; all of them together stay below a minute. */
const seconds = 0.5;

describe(`widened inputs, seed ${seed}`, () => {
  it.each(fuzzTargets.map((target) => [target.name, target] as const))(
    '%s costs no more than its length',
    async (name, target) => {
      const { tried, find } = await searchCost(target, { seed, seconds });
      expect(find?.problem, find && `${name}: ${writeWidening(find.widening)}`).toBeUndefined();
      expect(tried).toBeGreaterThanOrEqual(pastCostFinds(name).length);
    },
  );
});
