// One push on the ingest worker: from body to columns that the store may take, and to an answer. Decoding, rates,
// admission of its streams, counts.

import { formatRfc3339 } from '../../go/rfc3339.ts';
import type { IngestMetrics } from '../client/ingest-metrics.ts';
import type { PushRequest, PushResponse } from '../client/ingest-service.ts';
import type { DecodedPush, PushDecoder } from '../decode/push-decoder.ts';
import type { ItemFate } from '../doors/door.ts';
import { doorOf } from '../doors/doors.ts';
import type { PushColumns } from '../entries/push-columns.ts';
import type { LossReason } from '../entries/push-stream.ts';
import type { IngestLimits } from '../limits/limits.ts';
import { PushError } from '../limits/push-error.ts';
import { TenantRates } from '../limits/rate-limiter.ts';
import type { Refusals } from '../limits/refusals.ts';
import { admitStreams, type StreamRegistry } from '../limits/stream-admission.ts';
import type { ValidatedTotals } from '../limits/validate.ts';

export interface PushProcessorOptions {
  /** Decodes what it can in one turn; what is above its bounds is left to others. */
  readonly decoder: PushDecoder;
  readonly limits: (tenant: string) => IngestLimits;
  readonly registry: StreamRegistry;
  readonly metrics: IngestMetrics;
  /** Unix ms. */
  readonly nowMs: () => number;
}

/** What to do with a push: store the columns first when `store` is true, then send `response`. */
export interface ProcessedPush {
  readonly store: boolean;
  /** All that was sent is in the columns: nothing of it may be sent again later. */
  readonly isWhole: boolean;
  readonly response: PushResponse;
}

/** User agents are label values: cut to the product's name, `Fluent-Bit`, `promtail`. */
const userAgentLengthMax = 32;

export class PushProcessor {
  readonly #options: PushProcessorOptions;
  readonly #rates = new TenantRates();

  constructor(options: PushProcessorOptions) {
    this.#options = options;
  }

  /**
   * All of it, in one go; the decoder's columns are used again for the next push, so the store must have copied them by
   * then. Undefined for a push that is beyond the decoder's bounds: its body is as it was, to be decoded apart. Never
   * throws for bad input: a refusal is a response.
   */
  process(request: PushRequest): ProcessedPush | undefined {
    const { decoder, limits, metrics, nowMs } = this.#options;
    const bytes = request.body.byteLength;
    let decoded: DecodedPush;
    try {
      const kind = doorOf(request).kindOf(request);
      metrics.push({
        tenant: request.tenant,
        contentType: kind.type === 'json' ? 'application/json' : 'application/x-protobuf',
        contentEncoding: kind.encoding === 'none' ? '' : kind.encoding,
        format: doorOf(request).metricFormat,
      });
      decoded = decoder.decode(request, kind, limits(request.tenant), nowMs());
    } catch (error) {
      decoder.columns.reset(Buffer.alloc(0));
      if (!(error instanceof PushError)) throw error;
      return error.status === 413
        ? undefined
        : { store: false, isWhole: false, response: this.refused(request, error, bytes) };
    }
    const admission = this.admit(request, decoded, decoder.columns);
    for (;;) {
      const { done, value } = admission.next();
      if (done) return value;
    }
  }

  /** The answer to a push of so many bytes that could not be decoded. */
  refused(request: PushRequest, error: PushError, bytes: number): PushResponse {
    if (error.status === 413) {
      const { limits, metrics } = this.#options;
      const { retentionHours } = limits(request.tenant);
      const labels = { tenant: request.tenant, format: doorOf(request).metricFormat, retentionHours };
      const amounts = { samples: 0, bytes };
      metrics.discarded({ ...labels, reason: 'request_body_too_large' }, amounts);
    }
    return doorOf(request).refuse(request, error);
  }

  /** Rates and streams of a decoded push. Yields after a bounded number of streams: others may have their turn then. */
  *admit(
    request: PushRequest,
    { sent, totals, refusals, notes }: DecodedPush,
    columns: PushColumns,
  ): Generator<undefined, ProcessedPush> {
    const { registry } = this.#options;
    const limits = this.#options.limits(request.tenant);
    const nowMs = this.#options.nowMs();
    const door = doorOf(request);
    if (columns.targets.length === 0 && !door.takesNothing) {
      const error = new PushError(422, 'error at least one valid stream is required for ingestion');
      return { store: false, isWhole: false, response: door.refuse(request, error) };
    }
    this.#count(request, limits, totals, columns, nowMs);
    const valid = notes && columns.item.slice(0, columns.count);
    const rated = this.#rateLimited(request.tenant, limits, totals, nowMs, refusals);
    const blocked =
      limits.blockIngestionUntilMs > nowMs
        ? blockedIngestion(request.tenant, limits, columns, refusals)
        : undefined;
    const admission = rated ?? blocked ?? (yield* admitStreams(columns, limits, registry, nowMs, refusals));
    this.#countRefused(request, limits, refusals);
    if (admission instanceof PushError) {
      columns.count = 0;
      return { store: false, isWhole: false, response: door.refuse(request, admission) };
    }
    const outcome = {
      sent,
      refused: refusals.entries,
      refusedText: refusals.text(),
      delayedText: admission.message,
      items: notes && { notes, fates: itemFates(notes.length, valid ?? [], columns) },
    };
    return {
      store: columns.count > 0,
      isWhole: refusals.entries === 0 && admission.message === '',
      response: door.answer(request, outcome),
    };
  }

  #rateLimited(
    tenant: string,
    limits: IngestLimits,
    totals: ValidatedTotals,
    nowMs: number,
    refusals: Refusals,
  ): PushError | undefined {
    if (limits.ingestionRateMb <= 0) return undefined;
    const rate = limits.ingestionRateMb * 2 ** 20;
    const bucket = this.#rates.bucket(tenant, rate, limits.ingestionBurstSizeMb * 2 ** 20, nowMs);
    const bytes = totals.lineBytes + totals.metadataBytes;
    if (bucket.take(bytes, nowMs)) return undefined;
    refusals.discard('rate_limited', totals.entries, bytes);
    const retryAfter = Math.min(60, Math.max(1, Math.ceil(bucket.secondsUntil(bytes))));
    return new PushError(
      429,
      `ingestion rate limit exceeded for user ${tenant} (limit: ${Math.floor(rate)} bytes/sec) while attempting to ingest '${totals.entries}' lines totaling '${bytes}' bytes, reduce log volume or contact your Loki administrator to see if the limit can be increased`,
      retryAfter,
    );
  }

  #count(
    request: PushRequest,
    limits: IngestLimits,
    totals: ValidatedTotals,
    { lineStart, lineEnd }: PushColumns,
    nowMs: number,
  ): void {
    const { metrics } = this.#options;
    const { tenant } = request;
    const format = doorOf(request).metricFormat;
    if (totals.entries === 0) return;
    metrics.received(
      { tenant, format, retentionHours: limits.retentionHours },
      { lines: totals.entries, lineBytes: totals.lineBytes, metadataBytes: totals.metadataBytes },
    );
    metrics.lines(lineStart, lineEnd, totals.entries);
    const userAgent = (request.userAgent ?? '').split(/[/ ]/, 1)[0]?.slice(0, userAgentLengthMax) ?? '';
    metrics.lag({ tenant, userAgent, format }, Math.max(0, nowMs - totals.newestSeconds * 1000));
  }

  #countRefused(request: PushRequest, limits: IngestLimits, refusals: Refusals): void {
    const { tenant } = request;
    const format = doorOf(request).metricFormat;
    for (const { reason, samples, bytes } of refusals.discarded) {
      const labels: { reason: LossReason } = { reason };
      this.#options.metrics.discarded(
        { ...labels, tenant, format, retentionHours: limits.retentionHours },
        { samples, bytes },
      );
    }
  }
}

/** Of this many items: those that were `valid` and are gone from the columns may be sent again. */
function itemFates(count: number, valid: Iterable<number>, columns: PushColumns): readonly ItemFate[] {
  const fates = new Array<ItemFate>(count).fill('refused');
  for (const item of valid) fates[item] = 'delayed';
  for (let at = 0; at < columns.count; at++) fates[columns.item[at] as number] = 'stored';
  return fates;
}

function blockedIngestion(
  tenant: string,
  limits: IngestLimits,
  { count }: PushColumns,
  refusals: Refusals,
): PushError {
  const status = limits.blockIngestionStatusCode;
  refusals.discard('blocked_ingestion', count, 0);
  const until = formatRfc3339(Math.floor(limits.blockIngestionUntilMs / 1000));
  return new PushError(
    status,
    `ingestion blocked for user '${tenant}' until '${until}' with status code '${status}'`,
  );
}
