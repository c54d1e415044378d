// npm run fuzz -- [--target NAME]… [--executions N] [--seconds N] [--seed N]
// Mutated inputs for every decoder, or for those named, until the first bound of each; exit code 1 after a find, whose
// input is then in the temporary folder. Find again: the same seed, or the file under tests/fuzz/corpus/NAME.
// npm run fuzz -- --cost [--target NAME]… [--seconds N] [--seed N]
// Inputs that cost more than their length; the seconds are those of all targets together. A find is kept by its file
// under tests/fuzz/corpus/cost/NAME.
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { searchCost, writeWidening } from '../tests/fuzz/cost.ts';
import { fuzz } from '../tests/fuzz/drive.ts';
import { fuzzTargets } from '../tests/fuzz/targets.ts';

const { values } = parseArgs({
  options: {
    cost: { type: 'boolean', default: false },
    target: { type: 'string', multiple: true },
    executions: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '3600' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 32) },
  },
});
const bounds = {
  seed: Number(values.seed),
  executions: Number(values.executions),
  seconds: Number(values.seconds),
};
const chosen = values.target ? fuzzTargets.filter(({ name }) => values.target?.includes(name)) : fuzzTargets;
if (chosen.length === 0) {
  console.error(`no such target; there are: ${fuzzTargets.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

console.log(`seed ${bounds.seed}`);
await (values.cost ? lookForCost() : lookForFaults());
// Servers of the targets keep the process alive.
process.exit();

async function lookForFaults(): Promise<void> {
  console.log('| target | executions | a second | outcomes | slowest ms | memory MB | finds |');
  console.log('| --- | ---: | ---: | ---: | ---: | ---: | --- |');
  for (const target of chosen) {
    const { executions, seconds, outcomes, slowestMs, grownBytes, find } = await fuzz(target, bounds);
    const numbers = [executions, Math.round(executions / seconds), outcomes, slowestMs.toFixed(0)];
    const row = [
      target.name,
      ...numbers,
      Math.round(grownBytes / 2 ** 20),
      find?.problem.slice(0, 200) ?? '0',
    ];
    console.log(`| ${row.join(' | ')} |`);
    if (find === undefined) continue;
    const file = join(tmpdir(), `skald-fuzz-${target.name}-${bounds.seed}`);
    writeFileSync(file, find.input);
    console.error(
      `${target.name}: ${find.problem}\n${file}\n${JSON.stringify(find.input.toString('latin1'))}`,
    );
    if (find.cause instanceof Error) console.error(find.cause.stack);
    process.exitCode = 1;
  }
}

async function lookForCost(): Promise<void> {
  console.log('| target | tried | ordinary ms a MiB | highest cost, × ordinary | finds |');
  console.log('| --- | ---: | ---: | ---: | --- |');
  const seconds = bounds.seconds / chosen.length;
  for (const target of chosen) {
    const { tried, ordinaryMs, highest, find } = await searchCost(target, { seed: bounds.seed, seconds });
    const row = [target.name, tried, ordinaryMs.toFixed(0), highest.toFixed(1), find?.problem ?? '0'];
    console.log(`| ${row.join(' | ')} |`);
    if (find === undefined) continue;
    const file = join(tmpdir(), `skald-fuzz-cost-${target.name}-${bounds.seed}`);
    const text = writeWidening(find.widening);
    writeFileSync(file, text);
    console.error(`${target.name}: ${find.problem}\n${file}\n${text}`);
    process.exitCode = 1;
  }
}
