// Where the figures of /api/status come from: store, collectors, retention.
import { statfs } from 'node:fs/promises';
import type { Collectors } from '../../collectors/manager.ts';
import { repairHint } from '../../collectors/repair-text.ts';
import type { StoreStats } from '../../store/statistics.ts';
import type { StatusSource } from './status.ts';

export interface StatusParts {
  readonly store: { stats(): Promise<StoreStats> };
  readonly dataDir: string;
  /** Undefined until they are started. */
  readonly collectors: () => Pick<Collectors, 'detections' | 'health'> | undefined;
  /** 0n keeps everything. */
  readonly retentionNs: bigint;
  readonly retentionEveryMs: number;
}

export function statusSource({
  store,
  dataDir,
  collectors,
  retentionNs,
  retentionEveryMs,
}: StatusParts): StatusSource {
  return {
    startedMs: Math.round(performance.timeOrigin),
    retentionPeriodMs: Number(retentionNs / 1_000_000n),
    retentionEveryMs,
    async store() {
      const stats = await store.stats();
      return {
        fileBytes: stats.diskBytes,
        rawBytes: stats.blockRawBytes,
        entries: stats.blockEntries,
        streams: stats.streams,
        unsealedBytes: stats.unsealedBytes,
        lastRetentionMs: stats.lastRetention?.endedMs,
      };
    },
    async disk() {
      const { bavail, blocks, bsize } = await statfs(dataDir);
      return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
    },
    collectors() {
      const parts = collectors();
      const health = parts?.health() ?? [];
      return (parts?.detections ?? []).map(({ name, runs, sentence }) => {
        const one = health.find((row) => row.name === name);
        const repairs = repairHint(one?.repairs ?? {});
        return {
          name,
          state: one?.state ?? (runs ? 'starting' : 'off'),
          // The sentence of one that is off says why, after "docker: off".
          hint: one?.hint ?? sentence.replace(/^\w+: \w+[.,]? */, ''),
          targets: one?.targets ?? 0,
          entries: one?.entriesTotal ?? 0,
          repaired: { ...one?.repairs },
          repairs: repairs === one?.hint ? '' : repairs,
        };
      });
    },
  };
}
