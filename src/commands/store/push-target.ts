// Where an import goes: a server's push endpoint, or the store of a gateway that does not run.
import type { Config } from '../../config/config.ts';
import { startIngestThread } from '../../gateway/threads/start.ts';
import { IngestClient } from '../../ingest/client/ingest-client.ts';
import type { IngestLimits } from '../../ingest/limits/limits.ts';
import { SqliteStoreHost } from '../../sqlite/main/host.ts';
import { storePath, storeSettings } from '../../sqlite/main/settings.ts';
import { CommandError } from '../cli/command.ts';
import type { LokiClient } from '../client/loki-client.ts';
import { encodePush, pushContentType } from './push-encoder.ts';
import type { TransferStream } from './transfer-entry.ts';

export interface PushTarget {
  /** Status and text of the answer; nothing on success. */
  push(streams: readonly TransferStream[]): Promise<{ readonly status: number; readonly message: string }>;
  close(): Promise<void>;
}

export function serverTarget(client: LokiClient): PushTarget {
  return {
    push: async (streams) => {
      const { status, text } = await client.post('/loki/api/v1/push', {
        contentType: pushContentType,
        bytes: encodePush(streams),
      });
      return { status, message: text.trim() };
    },
    close: async () => {},
  };
}

/** What is imported by hand is wanted: no limits of age, rate and streams. */
const importLimits = <T extends Partial<IngestLimits>>(limits: T) => ({
  ...limits,
  rejectOldSamples: false,
  ingestionRateMb: 0,
  perStreamRateLimitBytes: 0,
  maxGlobalStreamsPerUser: 0,
  maxStreamsPerSource: 0,
});

/** Opens the store; rejects with StoreFileError when a gateway has it open. */
export async function storeTarget(config: Config, tenant: string): Promise<PushTarget> {
  // Retention is the running gateway's business.
  const settings = storeSettings(storePath(config.dataDir), { retentionNs: 0n });
  const store = await SqliteStoreHost.open(settings);
  let failure: Error | undefined;
  try {
    const overrides = Object.entries(config.limits.ingest.overrides).map(
      ([name, limits]) => [name, importLimits(limits)] as const,
    );
    const ingest = await IngestClient.start({
      store,
      startThread: startIngestThread,
      hangTimeoutMs: settings.hangTimeoutMs,
      limits: {
        defaults: importLimits(config.limits.ingest.defaults),
        overrides: Object.fromEntries(overrides),
      },
      bodyLimits: config.body,
      onMetrics: () => {},
      onFailure: (error) => {
        failure = error;
      },
    });
    return {
      push: async (streams) => {
        if (failure !== undefined) throw new CommandError(`storing has failed: ${failure.message}`);
        return await ingest.push({
          tenant,
          sender: '',
          format: 'loki',
          contentType: pushContentType,
          contentEncoding: undefined,
          userAgent: undefined,
          idempotencyKey: undefined,
          options: {},
          body: encodePush(streams).buffer,
        });
      },
      close: async () => {
        await store.flush();
        await ingest.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
