// The table of a run, the floors, and the cases answered differently on purpose.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { conformanceFolder } from './cases.ts';
import type { Verdict } from './replay.ts';

export interface CategoryCount {
  readonly category: string;
  readonly passed: number;
  readonly total: number;
}

export function countByCategory(verdicts: readonly Verdict[]): CategoryCount[] {
  const categories = [...new Set(verdicts.map((v) => v.category))].sort();
  return categories.map((category) => {
    const own = verdicts.filter((v) => v.category === category);
    return { category, passed: own.filter((v) => v.difference === undefined).length, total: own.length };
  });
}

/** category → number of cases that must pass. Rises with the product; never falls. */
export type Floors = Readonly<Record<string, number>>;
export const floorsFile = join(conformanceFolder, 'floors.json');
export const readFloors = (): Floors => JSON.parse(readFileSync(floorsFile, 'utf8')) as Floors;

export function table(counts: readonly CategoryCount[], floors: Floors): string {
  const rows = counts.map(({ category, passed, total }) => {
    const share = ((100 * passed) / total).toFixed(1);
    return `${category.padEnd(16)} ${String(passed).padStart(5)} of ${String(total).padStart(4)} ${share.padStart(6)} %   floor ${floors[category] ?? 0}`;
  });
  const passed = counts.reduce((sum, c) => sum + c.passed, 0);
  const total = counts.reduce((sum, c) => sum + c.total, 0);
  return [...rows, `${'all'.padEnd(16)} ${String(passed).padStart(5)} of ${String(total).padStart(4)}`].join(
    '\n',
  );
}

/** Ids in KNOWN.md: every `category/topic-0123abcd` between backticks. */
export function knownIds(): Set<string> {
  const text = readFileSync(join(conformanceFolder, 'KNOWN.md'), 'utf8');
  return new Set([...text.matchAll(/`([a-z-]+\/[\w-]+-[0-9a-f]{8})`/g)].map((match) => match[1] as string));
}
