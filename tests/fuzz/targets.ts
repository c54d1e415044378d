// Every decoder of bytes that come from outside.
import { collectorTargets } from './collector-targets.ts';
import { httpTargets } from './http-targets.ts';
import { lineTargets } from './line-targets.ts';
import { pushTargets } from './push-targets.ts';
import { queryTargets } from './query-targets.ts';
import { storeTargets } from './store-targets.ts';
import type { FuzzTarget } from './target.ts';
import { textTargets } from './text-targets.ts';

export const fuzzTargets: readonly FuzzTarget[] = [
  ...pushTargets,
  ...queryTargets,
  ...lineTargets,
  ...storeTargets,
  ...collectorTargets,
  ...textTargets,
  ...httpTargets,
];
