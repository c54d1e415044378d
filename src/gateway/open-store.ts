// The store that the configuration names, with the threads that go with it.
import type { Config } from '../config/config.ts';
import { testStoreVariable } from '../config/sources/load-config.ts';
import { SqliteStoreHost } from '../sqlite/main/host.ts';
import { RuleFile } from '../sqlite/main/rule-file.ts';
import { ruleStorePath, type StoreSettings, storePath, storeSettings } from '../sqlite/main/settings.ts';
import type { RuleHost, StoreHost, StoreWarning } from '../store/host.ts';
import { clickHouseThreads, type StoreThreads, sqliteThreads } from './threads/start.ts';

export interface OpenedStore {
  readonly store: StoreHost;
  readonly threads: StoreThreads;
  /** What the ruler keeps. */
  readonly rules: RuleHost;
  /** Nobody else adds entries: the store's changes tell of all of them. */
  readonly isAlone: boolean;
  /** A thread of the store that does not answer for so long is given up. */
  readonly hangTimeoutMs: number;
}

export interface StoreEvents {
  readonly onWarning: (warning: StoreWarning) => void;
  /** A thread of the store died or hangs: the process should end. */
  readonly onLost: (part: string, error: Error) => void;
}

/** Rejects when it cannot be opened. */
export async function openStore(config: Config, { onWarning, onLost }: StoreEvents): Promise<OpenedStore> {
  const policy = {
    retentionNs: config.retentionNs,
    retentionRules: config.retentionRules,
    storeBytesMax: config.storeBytesMax,
    diskFreeBytesMin: config.diskFreeBytesMin,
    ...config.store,
  };
  if (config.clickHouse === undefined) {
    const changes = JSON.parse(process.env[testStoreVariable] ?? '{}') as Partial<StoreSettings>;
    const settings = storeSettings(storePath(config.dataDir), { ...policy, ...changes });
    const store = await SqliteStoreHost.open(settings, {
      onWarning,
      onBuilderLost: (error) => onLost('the block builder', error),
    });
    const { hangTimeoutMs } = settings;
    return { store, threads: sqliteThreads, rules: store, isAlone: true, hangTimeoutMs };
  }
  // A gateway over SQLite does without these modules.
  const { openClickHouse } = await import('../clickhouse/main/open.ts');
  const rules = RuleFile.open(ruleStorePath(config.dataDir));
  const store = await openClickHouse(
    { ...policy, ...config.clickHouse },
    { onWarning, onKeeperLost: (error) => onLost('the keeper of the tables', error) },
  );
  const { hangTimeoutMs } = policy;
  return { store, threads: clickHouseThreads, rules, isAlone: false, hangTimeoutMs };
}
