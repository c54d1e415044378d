// Workers that help with another's plan: who cannot make the same one leaves every unit to the others.
import { expect, it } from 'vitest';
import { parseLogQuery } from '../../src/logql/parser.ts';
import { ScanControl } from '../../src/scan/scan-control.ts';
import { ScanExecutor, type WorkerTask } from '../../src/scan/scan-executor.ts';
import { SharedBudget } from '../../src/scan/shared-budget.ts';
import { type ScanPlan, type StoreReader, UnitGoneError } from '../../src/store/store.ts';

const view = { removals: '', steadyFromNs: 0n, damagedBlocks: 0 };

it.each<readonly [string, () => ScanPlan]>([
  [
    'the store has moved on',
    () => {
      throw new UnitGoneError('the store has moved on');
    },
  ],
  ['the plan came out otherwise', () => ({ units: [], token: undefined, view })],
])('%s: no unit is taken', async (_, plan) => {
  const control = new ScanControl();
  const reader = { plan } as Partial<StoreReader> as StoreReader;
  const task: WorkerTask = {
    kind: 'logs',
    query: parseLogQuery('{app="x"}'),
    tenant: 'fake',
    startNs: 0n,
    endNs: 1n,
    limit: 10,
    direction: 'forward',
    categorizeLabels: false,
    snapshot: undefined,
    control: control.buffer,
    scanBytesMax: 0,
    memory: SharedBudget.create(1e9).counter,
  };
  await new ScanExecutor(reader, async () => {}).help(task, { token: 1, units: 2 });
  expect(control.unitsTaken).toBe(0);
});
