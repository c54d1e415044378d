// Settings of the store: its maintenance, and what it warns of.
import { defaultStorePolicy, type StorePolicy } from '../store/policy.ts';
import { clickHouseSection } from './clickhouse-schema.ts';
import { section, setting, type Values } from './section.ts';
import { count, duration, number, oneOf } from './setting-types.ts';

export const storeSection = section({
  kind: setting(oneOf('sqlite', 'clickhouse'), 'sqlite'),
  retention_interval: setting(duration, defaultStorePolicy.retentionCheckMs),
  /** Share of one core for merging and recompressing blocks; 0: off. */
  compaction_cpu_share: setting(number(0, 1, { fraction: true }), defaultStorePolicy.compactionShare),
  /** A delete request hides entries at once, and removes them after this time; until then it can be cancelled. */
  delete_request_cancel_period: setting(duration, defaultStorePolicy.deleteDelayMs),
  /** Without an answer from ingest, the block builder or the main thread for this long the process ends. */
  hang_timeout: setting(duration, defaultStorePolicy.hangTimeoutMs),
  /** 0: never. */
  label_values_warned: setting(count, defaultStorePolicy.labelValuesWarned),
  clickhouse: clickHouseSection,
});

const retentionIntervalMsMin = 1000;
/** Below this a busy machine looks like a hang. */
const hangTimeoutMsMin = 10_000;

/** What the store is opened with. */
export const storeChanges = (
  values: Values<(typeof storeSection)['members']>,
): Pick<
  StorePolicy,
  'retentionCheckMs' | 'compactionShare' | 'deleteDelayMs' | 'labelValuesWarned' | 'hangTimeoutMs'
> => ({
  retentionCheckMs: Math.max(retentionIntervalMsMin, values.retention_interval),
  compactionShare: values.compaction_cpu_share,
  deleteDelayMs: values.delete_request_cancel_period,
  labelValuesWarned: values.label_values_warned,
  hangTimeoutMs: Math.max(hangTimeoutMsMin, values.hang_timeout),
});
