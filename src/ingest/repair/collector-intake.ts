// Entries of collectors: nobody could send them again, so what breaks a limit is repaired and stored, and what was done
// is told. There are no rates: a source reads on no faster than its entries are stored.

import { formatRfc3339 } from '../../go/rfc3339.ts';
import { type LabelPair, labelsKey } from '../../model/labels.ts';
import type { Checkpoint, StoreWriter } from '../../store/store.ts';
import type { IngestMetrics, MetricFormat } from '../client/ingest-metrics.ts';
import { incrementDuplicates } from '../entries/duplicate-timestamps.ts';
import { PushColumns } from '../entries/push-columns.ts';
import type { DiscardReason, PushStream, PushStreams } from '../entries/push-stream.ts';
import type { IngestLimits } from '../limits/limits.ts';
import { Refusals } from '../limits/refusals.ts';
import { admitStreams, isTrusted } from '../limits/stream-admission.ts';
import { validate } from '../limits/validate.ts';
import { type PackedEntries, unpackEntries } from '../sink/packed-entries.ts';
import {
  type FittedStream,
  type FittingContext,
  fittedStream,
  movedBeside,
  overflowStream,
} from './fitted-stream.ts';
import type { RepairCounts } from './repair-kind.ts';
import { repairs } from './repairs.ts';
import { SourceStreams } from './source-streams.ts';

export interface CollectorIntakeOptions {
  /** Shared with the pushes. */
  readonly streams: PushStreams;
  readonly writer: Pick<StoreWriter, 'append' | 'stream' | 'isActive' | 'activeStreams'>;
  readonly limits: (tenant: string) => IngestLimits;
  readonly metrics: IngestMetrics;
  /** Unix ms. */
  readonly nowMs: () => number;
}

export interface CollectedWrite {
  readonly tenant: string;
  /** Name of the collector. */
  readonly source: string;
  readonly entries: PackedEntries;
  readonly checkpoints: readonly Checkpoint[];
}

const format: MetricFormat = 'collector';
/** Of the streams that a tenant may have: the rest is left to pushes. */
const collectedStreamsShare = 0.8;
const nanosPerMs = 1e6;

export class CollectorIntake {
  readonly #options: CollectorIntakeOptions;
  /** The last moment of reading that was given to an entry. */
  #lastSeconds = 0;
  #lastNanos = 0;
  readonly #columns = new PushColumns();
  /** By tenant and source, of which there are few. */
  readonly #sourceStreams = new Map<string, SourceStreams>();

  constructor(options: CollectorIntakeOptions) {
    this.#options = options;
  }

  /**
   * Resolves when entries and checkpoints are durable, with what was repaired; rejects when nothing was stored, and the
   * same entries are to be written again.
   */
  async write({ tenant, source, entries, checkpoints }: CollectedWrite): Promise<RepairCounts> {
    const { streams, writer, metrics, nowMs } = this.#options;
    const columns = this.#columns;
    const limits = { ...this.#options.limits(tenant), perStreamRateLimitBytes: 0 };
    const now = nowMs();
    if (limits.blockIngestionUntilMs > now && entries.stream.length > 0)
      throw new Error(
        `ingestion is blocked until ${formatRfc3339(Math.floor(limits.blockIngestionUntilMs / 1000))}`,
      );
    const tally = new Tally();
    const fitting: FittingContext = { tenant, source, limits, streams };
    const fitted = entries.streams.map((labels) => fittedStream(labels, fitting));
    tally.add('request_body_too_large', unpackEntries(entries, columns, fitted, limits).shortened);
    countLabelRepairs(entries, fitted, tally);
    const refusals = new Refusals();
    const mender = {
      mend: (at: number, reason: DiscardReason) => this.#mend(at, reason, limits, now, tally),
    };
    this.#boundStreams(fitting, now, tally);
    const totals = validate(columns, limits, now, refusals, mender);
    if (limits.incrementDuplicateTimestamp) incrementDuplicates(columns);
    // The streams are bounded above.
    for (const _ of admitStreams(columns, { ...limits, maxGlobalStreamsPerUser: 0 }, writer, now, refusals));
    if (refusals.entries > 0) throw new Error(`the limits contradict each other: ${refusals.text()}`);
    if (totals.entries > 0) {
      metrics.received(
        { tenant, format, retentionHours: limits.retentionHours },
        { ...totals, lines: totals.entries },
      );
      metrics.lines(columns.lineStart, columns.lineEnd, totals.entries);
    }
    if (columns.count > 0 || checkpoints.length > 0) await writer.append(columns, { checkpoints });
    return tally.counts;
  }

  #mend(at: number, reason: DiscardReason, limits: IngestLimits, nowMs: number, tally: Tally): boolean {
    const repair = repairs[reason];
    if (repair.part !== 'entry') return false;
    repair.mend({ columns: this.#columns, limits, now: () => this.#moment(nowMs) }, at);
    tally.add(reason, 1);
    return true;
  }

  /** Now, a nanosecond after the last one, as long as that is in the same second. */
  #moment(nowMs: number): { readonly seconds: number; readonly nanos: number } {
    const seconds = Math.floor(nowMs / 1000);
    const nanos = Math.floor((nowMs - seconds * 1000) * nanosPerMs);
    const isFollowing =
      this.#lastSeconds === seconds && this.#lastNanos >= nanos && this.#lastNanos < 999_999_999;
    this.#lastSeconds = seconds;
    this.#lastNanos = isFollowing ? this.#lastNanos + 1 : nanos;
    return { seconds, nanos: this.#lastNanos };
  }

  /** Entries of new streams that the source or the tenant has no room for go to one stream of their source. */
  #boundStreams(fitting: FittingContext, nowMs: number, tally: Tally): void {
    const { writer } = this.#options;
    const columns = this.#columns;
    const { tenant, source, limits } = fitting;
    const { maxGlobalStreamsPerUser, maxStreamsPerSource } = limits;
    const isNew = (stream: PushStream): boolean =>
      !isTrusted(stream, nowMs) && !writer.isActive(tenant, stream.labels);
    const own = this.#streamsOf(tenant, source);
    const streamsMax =
      maxGlobalStreamsPerUser === 0
        ? Number.POSITIVE_INFINITY
        : Math.floor(maxGlobalStreamsPerUser * collectedStreamsShare);
    let room: number | undefined;
    const surplus = new Map<number, FittedStream>();
    for (const [target, stream] of [...columns.targets.entries()]) {
      const key = labelsKey(stream.labels);
      if (!isNew(stream)) {
        own.saw(key, nowMs);
        continue;
      }
      room ??= streamsMax - writer.activeStreams(tenant);
      if (room > 0 && own.admits(key, maxStreamsPerSource, nowMs)) room--;
      else surplus.set(target, overflowStream(stream.labels, fitting));
    }
    if (surplus.size === 0) return;
    for (let at = 0; at < columns.count; at++) {
      const overflow = surplus.get(columns.stream[at] as number);
      if (overflow === undefined) continue;
      moveLabels(columns, at, overflow.moved);
      columns.stream[at] = columns.addStream(overflow.stream);
      tally.add('stream_limit', 1);
    }
  }

  #streamsOf(tenant: string, source: string): SourceStreams {
    const key = `${source} ${tenant}`;
    const known = this.#sourceStreams.get(key) ?? new SourceStreams();
    this.#sourceStreams.set(key, known);
    return known;
  }
}

/** The labels become metadata of the entry. */
function moveLabels(columns: PushColumns, at: number, moved: readonly LabelPair[]): void {
  const own = columns.metadataOf(at);
  const names = new Set(own.map(([name]) => name));
  columns.setMetadata(at, [...own, ...movedBeside(moved, names)]);
}

function countLabelRepairs({ stream }: PackedEntries, fitted: readonly FittedStream[], tally: Tally): void {
  if (fitted.every(({ reasons }) => reasons.length === 0)) return;
  for (const place of stream) for (const reason of fitted[place]?.reasons ?? []) tally.add(reason, 1);
}

class Tally {
  readonly counts: Partial<Record<DiscardReason, number>> = {};

  add(reason: DiscardReason, entries: number): void {
    if (entries > 0) this.counts[reason] = (this.counts[reason] ?? 0) + entries;
  }
}
