// One push from body to columns that the store may take: decompress, decode, validate, rates. Synchronous; the same
// columns are used again for the next push, so the store must have copied them by then.

import { decompress, decompressSnappy, otlpEncoding, pushEncoding } from './decode-body.ts';
import { decodeJson } from './decode-json.ts';
import { decodeLegacyJson } from './decode-legacy.ts';
import { type CompileRegex, type OtlpActions, otlpActions, writeOtlp } from './decode-otlp.ts';
import { type DecodeContext, decodeProtobuf } from './decode-protobuf.ts';
import { incrementDuplicates } from './duplicate-timestamps.ts';
import type { IngestMetrics, MetricFormat } from './ingest-metrics.ts';
import type { PushRequest, PushResponse } from './ingest-service.ts';
import type { BodyLimits, IngestLimits } from './limits.ts';
import { mediaType } from './media-type.ts';
import { otlpErrorResponse, otlpPartialSuccess } from './otlp-answer.ts';
import { readOtlpJson } from './otlp-json.ts';
import { readOtlpProtobuf } from './otlp-protobuf.ts';
import { PushColumns } from './push-columns.ts';
import { badRequest, PushError } from './push-error.ts';
import { type DiscardReason, PushStreams } from './push-stream.ts';
import { TenantRates } from './rate-limiter.ts';
import { Refusals } from './refusals.ts';
import { formatRfc3339 } from './rfc3339.ts';
import { admitStreams, type StreamRegistry } from './stream-admission.ts';
import { type ValidatedTotals, validate } from './validate.ts';

export interface PushProcessorOptions {
  readonly limits: (tenant: string) => IngestLimits;
  readonly bodyLimits: BodyLimits;
  readonly registry: StreamRegistry;
  readonly metrics: IngestMetrics;
  readonly compileRegex: CompileRegex;
  /** Unix ms. */
  readonly nowMs: () => number;
}

/** What to do with a push: store `columns` first when `store` is true, then send `response`. */
export interface ProcessedPush {
  readonly store: boolean;
  readonly response: PushResponse;
}

/** User agents are label values: cut to the product's name, `Fluent-Bit`, `promtail`. */
const userAgentLengthMax = 32;

export class PushProcessor {
  /** Of the push processed last. */
  readonly columns = new PushColumns();
  readonly #options: PushProcessorOptions;
  readonly #streams = new PushStreams();
  readonly #rates = new TenantRates();
  readonly #actions = new Map<IngestLimits, OtlpActions>();

  constructor(options: PushProcessorOptions) {
    this.#options = options;
  }

  get streams(): PushStreams {
    return this.#streams;
  }

  /** Never throws for bad input: a refusal is a response. */
  process(request: PushRequest): ProcessedPush {
    const limits = this.#options.limits(request.tenant);
    const format: MetricFormat = request.format === 'otlp' ? 'otlp' : 'loki';
    try {
      return this.#process(request, limits, format);
    } catch (error) {
      if (!(error instanceof PushError)) throw error;
      this.columns.reset(Buffer.alloc(0));
      if (error.status === 413) {
        const labels = { tenant: request.tenant, format, retentionHours: limits.retentionHours };
        const amounts = { samples: 0, bytes: request.body.byteLength };
        this.#options.metrics.discarded({ ...labels, reason: 'request_body_too_large' }, amounts);
      }
      return { store: false, response: errorResponse(request, error) };
    }
  }

  #process(request: PushRequest, limits: IngestLimits, format: MetricFormat): ProcessedPush {
    const nowMs = this.#options.nowMs();
    const { columns } = this;
    this.#decode(request, limits, nowMs);
    const refusals = new Refusals();
    const sent = columns.count;
    if (columns.targets.length === 0) {
      if (request.format === 'otlp') return { store: false, response: noContent };
      throw new PushError(422, 'error at least one valid stream is required for ingestion');
    }
    const totals = validate(columns, limits, nowMs, refusals);
    if (limits.incrementDuplicateTimestamp) incrementDuplicates(columns);
    this.#count(request, limits, format, totals, nowMs);
    const rated = this.#rateLimited(request.tenant, limits, totals, nowMs, refusals);
    const blocked =
      limits.blockIngestionUntilMs > nowMs ? this.#block(request.tenant, limits, refusals) : undefined;
    const admission =
      rated ?? blocked ?? admitStreams(columns, limits, this.#options.registry, nowMs, refusals);
    this.#countRefused(request.tenant, limits, format, refusals);
    if (admission instanceof PushError) {
      columns.count = 0;
      return { store: false, response: errorResponse(request, admission) };
    }
    const store = columns.count > 0;
    if (admission.message !== '') {
      return { store, response: errorResponse(request, new PushError(429, admission.message)) };
    }
    if (refusals.entries === 0) return { store, response: noContent };
    const text = refusals.text();
    if (request.format === 'otlp' && refusals.entries < sent) {
      return { store, response: otlpPartialSuccess(request.contentType, refusals.entries, text) };
    }
    return { store, response: errorResponse(request, badRequest(text)) };
  }

  #decode(request: PushRequest, limits: IngestLimits, nowMs: number): void {
    const { columns } = this;
    const { bodyLimits, metrics } = this.#options;
    const context: DecodeContext = {
      tenant: request.tenant,
      limits,
      streams: this.#streams,
      receivedNs: BigInt(Math.floor(nowMs * 1000)) * 1000n,
    };
    const raw = Buffer.from(request.body);
    const otlp = request.format === 'otlp';
    const encoding = (otlp ? otlpEncoding : pushEncoding)(request.contentEncoding);
    const kind = bodyKind(request, raw);
    metrics.push({
      tenant: request.tenant,
      contentType: kind === 'json' ? 'application/json' : 'application/x-protobuf',
      contentEncoding: encoding === 'none' ? '' : encoding,
      format: otlp ? 'otlp' : 'loki',
    });
    const body = asBuffer(decompress(raw, encoding, bodyLimits));
    if (otlp) {
      const resources = kind === 'json' ? readOtlpJson(body) : readOtlpProtobuf(body);
      writeOtlp(resources, columns, context, this.#otlpActions(limits));
    } else if (kind === 'protobuf') {
      decodeProtobuf(decompressSnappy(body, bodyLimits), columns, context);
    } else if (request.format === 'loki-legacy') decodeLegacyJson(body, columns, context);
    else decodeJson(body, columns, context);
  }

  #otlpActions(limits: IngestLimits): OtlpActions {
    let actions = this.#actions.get(limits);
    if (actions === undefined) {
      actions = otlpActions(limits.otlpConfig, this.#options.compileRegex);
      this.#actions.set(limits, actions);
    }
    return actions;
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

  #block(tenant: string, limits: IngestLimits, refusals: Refusals): PushError {
    const status = limits.blockIngestionStatusCode;
    refusals.discard('blocked_ingestion', this.columns.count, 0);
    const until = formatRfc3339(Math.floor(limits.blockIngestionUntilMs / 1000));
    return new PushError(
      status,
      `ingestion blocked for user '${tenant}' until '${until}' with status code '${status}'`,
    );
  }

  #count(
    request: PushRequest,
    limits: IngestLimits,
    format: MetricFormat,
    totals: ValidatedTotals,
    nowMs: number,
  ): void {
    const { metrics } = this.#options;
    const { tenant } = request;
    if (totals.entries === 0) return;
    metrics.received(
      { tenant, format, retentionHours: limits.retentionHours },
      { lines: totals.entries, lineBytes: totals.lineBytes, metadataBytes: totals.metadataBytes },
    );
    metrics.lines(this.columns.lineStart, this.columns.lineEnd, totals.entries);
    const userAgent = (request.userAgent ?? '').split(/[/ ]/, 1)[0]?.slice(0, userAgentLengthMax) ?? '';
    metrics.lag({ tenant, userAgent, format }, Math.max(0, nowMs - totals.newestSeconds * 1000));
  }

  #countRefused(tenant: string, limits: IngestLimits, format: MetricFormat, refusals: Refusals): void {
    for (const { reason, samples, bytes } of refusals.discarded) {
      const labels: { reason: DiscardReason } = { reason };
      this.#options.metrics.discarded(
        { ...labels, tenant, format, retentionHours: limits.retentionHours },
        { samples, bytes },
      );
    }
  }
}

const noContent: PushResponse = { status: 204, message: '' };

function errorResponse(request: PushRequest, error: PushError): PushResponse {
  const { status, message, retryAfterSeconds } = error;
  const retry = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  if (request.format !== 'otlp') return { status, message, ...retry };
  return { ...otlpErrorResponse(status, message, request.contentType), ...retry };
}

/** The same bytes as a Buffer. */
const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * JSON or protobuf, by content type. A missing type is judged by the first bytes. Throws PushError 400 for a malformed
 * type, and for OTLP for any but the two.
 */
function bodyKind(request: PushRequest, body: Buffer): 'json' | 'protobuf' {
  if ((request.contentType ?? '').trim() === '') return looksLikeJson(body) ? 'json' : 'protobuf';
  const type = mediaType(request.contentType);
  if (type === 'application/json') return 'json';
  if (request.format === 'otlp' && type !== 'application/x-protobuf') {
    throw badRequest(`content type: ${request.contentType} is not supported`);
  }
  return 'protobuf';
}

/** `{` and then `"` or `}`: no snappy block opens so, since its first element would be a copy from nowhere. */
function looksLikeJson(body: Buffer): boolean {
  const text = body.toString('latin1', 0, 64).trimStart();
  return text[0] === '{' && /^[\s]*(?:["}]|$)/.test(text.slice(1));
}
