// Days in the life of a host: SEED gives a run again, RUNS makes more of them.
import { expect, it } from 'vitest';
import { components, describeWith } from '../real/require-component.ts';
import { seed } from '../seed.ts';
import type { Difference } from './difference.ts';
import { HostDay } from './host-day.ts';

const runs = Number(process.env.RUNS ?? 2);
const runsAtOnce = 2;
const runTimeoutMs = 600_000;

describeWith(components.compiler, 'the ledger of a host', () => {
  it(
    `whatever happens to a host, each line of its logs is stored exactly once (SEED=${seed})`,
    async () => {
      const seeds = Array.from({ length: runs }, (_, i) => seed + i);
      const differences = new Map<number, Difference>();
      const runNext = async (): Promise<void> => {
        for (let each = seeds.shift(); each !== undefined; each = seeds.shift()) {
          const day = new HostDay(each);
          try {
            const found = await day.difference();
            differences.set(each, found);
            if (found.lost.length + found.repeated.length > 0)
              console.error(
                `seed ${each}\n${day.events.join('\n')}\n${day.output}\n${JSON.stringify(found)}`,
              );
          } finally {
            await day.close();
          }
        }
      };
      await Promise.all(Array.from({ length: runsAtOnce }, runNext));
      expect(differences.size).toBe(runs);
      for (const [each, found] of differences)
        expect(found, `seed ${each}`).toEqual({ lost: [], repeated: [] });
    },
    runTimeoutMs * Math.ceil(runs / runsAtOnce),
  );
});
