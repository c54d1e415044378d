// A file that holds what the ruler keeps and nothing else: of gateways whose entries are in another kind of store.
import { dirname } from 'node:path';
import type { RuleHost } from '../../store/host.ts';
import { openForReading, prepareDatabase } from '../format/open-database.ts';
import { makePrivateFolder } from '../format/private-files.ts';
import type { RuleStoreSettings } from '../rules/rule-tables.ts';
import { WriteLock } from '../threads/write-lock.ts';
import { lockFile } from './file-lock.ts';
import { lockHolders } from './settings.ts';

export class RuleFile implements RuleHost {
  readonly #path: string;
  readonly #writeLock = WriteLock.create();

  private constructor(path: string) {
    this.#path = path;
  }

  /** Opens or creates it, and its folder, for this process alone. Throws StoreFileError. */
  static open(path: string): RuleFile {
    makePrivateFolder(dirname(path));
    // Held until the process ends.
    lockFile(path);
    prepareDatabase(path);
    return new RuleFile(path);
  }

  ruleStoreSettings(): RuleStoreSettings {
    return { path: this.#path, writeLock: this.#writeLock };
  }

  hasRuleGroups(): boolean {
    return holdsRules(this.#path);
  }

  ruleStoreGone(): void {
    new WriteLock(this.#writeLock, lockHolders.ruler).abandon();
  }
}

export function holdsRules(path: string): boolean {
  const database = openForReading(path);
  try {
    // The tables are made when the first rule or silence is.
    return ['rule_group', 'rule_silence'].some(
      (table) =>
        database.prepare('SELECT 1 FROM sqlite_master WHERE name = ?').get(table) !== undefined &&
        database.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get() !== undefined,
    );
  } finally {
    database.close();
  }
}
