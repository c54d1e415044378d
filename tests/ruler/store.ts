// A store for the ruler in a file of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { prepareDatabase } from '../../src/sqlite/format/open-database.ts';
import { openRuleStore } from '../../src/sqlite/rules/rule-tables.ts';
import { WriteLock } from '../../src/sqlite/threads/write-lock.ts';
import type { RuleGroupAddress, RuleGroupChange, RuleStore } from '../../src/store/rule-store.ts';

/** Of a group: nothing. */
export const noChange = (address: RuleGroupAddress): RuleGroupChange => ({
  address,
  alertsPut: [],
  alertsRemoved: [],
  seriesPut: [],
  seriesRemoved: [],
  samples: [],
  events: [],
  posts: [],
});

/** Opens the same store again and again. */
export function ruleStoreFile(): () => RuleStore {
  const folder = mkdtempSync(join(tmpdir(), 'skald-rules-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'store.db');
  prepareDatabase(path);
  const writeLock = WriteLock.create();
  return () => openRuleStore({ path, writeLock });
}
