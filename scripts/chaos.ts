// npm run chaos -- [--rounds N] [--seconds N] [--seed N]
// The built gateway under faults and kills, compared with a ledger after every round, until the first bound; see
// tests/chaos. Exit code 1 with what is wrong.
import { parseArgs } from 'node:util';
import { Chaos } from '../tests/chaos/chaos.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '500' },
    seconds: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 32) },
  },
});
const seed = Number(values.seed);
console.log(`seed ${seed}`);
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
const chaos = new Chaos({ seed, rounds, seconds, onRound: (text) => console.log(text) });
try {
  await chaos.run();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await chaos.close();
}
console.log(JSON.stringify(chaos.ledger.counts));
console.log(
  [...chaos.happened]
    .map(([what, times]) => `${what}: ${times}`)
    .sort()
    .join('\n'),
);
