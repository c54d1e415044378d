// The bound on the memory of young objects, in a process of its own: V8's flags are the process'.
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

const module = new URL('../../dist/threads/heap-growth.js', import.meta.url);

/** Makes objects of which many live for a while, as the columns and samples of queries do; tells the space they had. */
const churn = `
  const v8 = require('node:v8');
  let kept = [];
  for (let i = 0; i < 2_000_000; i++) {
    kept.push({ i, list: [i] });
    if (kept.length > 100_000) kept = [];
  }
  const space = v8.getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  require('node:worker_threads').parentPort.postMessage(space.space_size);
`;

/** Bytes of the young generation of a busy worker. */
const youngBytes = (before: string): number =>
  Number(
    execFileSync(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `import { Worker } from 'node:worker_threads';
         ${before}
         new Worker(${JSON.stringify(churn)}, { eval: true, execArgv: [] }).on('message', (bytes) => console.log(bytes));`,
      ],
      { encoding: 'utf8' },
    ),
  );

it('a worker keeps little memory for young objects', () => {
  const bounded = youngBytes(
    `import { boundHeapGrowth } from ${JSON.stringify(module.href)}; boundHeapGrowth();`,
  );
  // Two halves, and a page at the end of each.
  expect(bounded).toBeLessThanOrEqual(9 * 2 ** 20);
  expect(youngBytes('')).toBeGreaterThan(bounded);
});
