// How a gateway opens the store.
import type { StoreHost } from '../../store/host.ts';
import { type ClickHouseChanges, clickHouseSettings } from '../settings.ts';
import { type ClickHouseEvents, ClickHouseStoreHost } from './host.ts';

/** Rejects with StoreFileError when the tables cannot be used, StoreUnavailableError when a shard is not there. */
export const openClickHouse = (changes: ClickHouseChanges, events: ClickHouseEvents): Promise<StoreHost> =>
  ClickHouseStoreHost.open(clickHouseSettings(changes), events);
