// Entries of collectors: validated like a push, but without rates (backpressure takes their place), and what breaks a
// limit is counted and dropped, since nobody would send it again.
import type { Checkpoint, StoreWriter } from '../store/store.ts';
import { incrementDuplicates } from './duplicate-timestamps.ts';
import type { IngestMetrics, MetricFormat } from './ingest-metrics.ts';
import type { IngestLimits } from './limits.ts';
import { type PackedEntries, unpackEntries } from './packed-entries.ts';
import type { PushProcessor } from './push-processor.ts';
import { Refusals } from './refusals.ts';
import { admitStreams } from './stream-admission.ts';
import { validate } from './validate.ts';

export interface CollectorIntakeOptions {
  readonly processor: PushProcessor;
  readonly writer: StoreWriter;
  readonly limits: (tenant: string) => IngestLimits;
  readonly metrics: IngestMetrics;
  /** Unix ms. */
  readonly nowMs: () => number;
}

const format: MetricFormat = 'collector';

export class CollectorIntake {
  readonly #options: CollectorIntakeOptions;

  constructor(options: CollectorIntakeOptions) {
    this.#options = options;
  }

  /** Resolves when entries and checkpoints are durable; rejects when the store refuses. */
  async write(tenant: string, packed: PackedEntries, checkpoints: readonly Checkpoint[]): Promise<void> {
    const { processor, writer, metrics, nowMs } = this.#options;
    const limits = { ...this.#options.limits(tenant), perStreamRateLimitBytes: 0 };
    const { columns, streams } = processor;
    unpackEntries(packed, columns, { tenant, limits, streams });
    const refusals = new Refusals();
    const now = nowMs();
    const totals = validate(columns, limits, now, refusals);
    if (limits.incrementDuplicateTimestamp) incrementDuplicates(columns);
    const labels = { tenant, format, retentionHours: limits.retentionHours };
    if (totals.entries > 0) {
      metrics.received(labels, { ...totals, lines: totals.entries });
      metrics.lines(columns.lineStart, columns.lineEnd, totals.entries);
    }
    admitStreams(columns, limits, writer, now, refusals);
    for (const { reason, samples, bytes } of refusals.discarded) {
      metrics.discarded({ ...labels, reason }, { samples, bytes });
    }
    if (columns.count > 0 || checkpoints.length > 0) await writer.append(columns, checkpoints);
  }
}
