// Some rounds of chaos; `npm run chaos` has five hundred.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { components, describeWith } from '../real/require-component.ts';
import { seed } from '../seed.ts';
import { Chaos } from './chaos.ts';

const rounds = 25;

describeWith(components.compiler, `a gateway in trouble, seed ${seed}`, () => {
  const shown: string[] = [];
  let chaos: Chaos;
  beforeAll(() => {
    chaos = new Chaos({ seed, rounds, onRound: (text) => shown.push(text) });
  });
  afterAll(() => chaos?.close());

  it(`keeps what it acknowledged, once, and nothing it refused, for ${rounds} rounds`, {
    timeout: 900_000,
  }, async () => {
    await chaos.run().catch((error: unknown) => {
      throw new Error(`SEED=${seed}\n${shown.join('\n')}`, { cause: error });
    });
    expect(chaos.ledger.counts.acknowledged).toBeGreaterThan(rounds);
    expect(chaos.happened.get('flush')).toBeGreaterThan(0);
  });
});
