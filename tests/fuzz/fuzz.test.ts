// Every decoder on mutated inputs for a moment, and on all inputs that once went wrong. `npm run fuzz` does it for long.
import { describe, expect, it } from 'vitest';
import { seed } from '../seed.ts';
import { fuzz, pastFinds } from './drive.ts';
import { fuzzTargets } from './targets.ts';

/** For each target; all of them together stay below half a minute. */
const seconds = 0.4;

describe(`mutated inputs, seed ${seed}`, () => {
  it.each(fuzzTargets.map((target) => [target.name, target] as const))(
    '%s ends with an answer or a declared error',
    async (name, target) => {
      const { executions, find } = await fuzz(target, { seed, seconds, executions: 1e6 });
      const input = find && `SEED=${seed} ${name}: base64 ${find.input.toString('base64')}`;
      expect(find?.problem, input).toBeUndefined();
      // All valid inputs and past finds were among them.
      expect(executions).toBeGreaterThanOrEqual(target.seeds.length + pastFinds(name).length);
    },
  );
});
