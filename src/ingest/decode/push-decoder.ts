// One push from body to columns, in the thread that it is called in: decompress, decode, validate. What has to do with
// the store and with other pushes (rates, streams) is the processor's.

import type { PushRequest } from '../client/ingest-service.ts';
import type { PushKind } from '../doors/door.ts';
import { doorOf } from '../doors/doors.ts';
import { incrementDuplicates } from '../entries/duplicate-timestamps.ts';
import { PushColumns } from '../entries/push-columns.ts';
import { PushStreams } from '../entries/push-stream.ts';
import type { BodyLimits, IngestLimits } from '../limits/limits.ts';
import type { PushBounds } from '../limits/push-bounds.ts';
import { Refusals } from '../limits/refusals.ts';
import { type ValidatedTotals, validate } from '../limits/validate.ts';
import { type CompileRegex, type OtlpActions, otlpActions } from '../otlp/decode-otlp.ts';
import { decompress } from './decode-body.ts';

/** What came of a body, beside the columns. */
export interface DecodedPush {
  /** Entries sent, also those that were refused. */
  readonly sent: number;
  /** Of those that passed. */
  readonly totals: ValidatedTotals;
  readonly refusals: Refusals;
  /** Of each item, for a way in whose answer speaks of each. */
  readonly notes: Uint8Array | undefined;
}

export interface PushDecoderOptions {
  readonly bodyLimits: BodyLimits;
  readonly bounds: PushBounds;
  readonly compileRegex: CompileRegex;
}

interface Decoding {
  readonly limits: IngestLimits;
  readonly nowMs: number;
  readonly refusals: Refusals;
}

export class PushDecoder {
  /** Of the push decoded last. */
  readonly columns: PushColumns;
  readonly streams = new PushStreams();
  readonly #bodyLimits: BodyLimits;
  readonly #bounds: PushBounds;
  readonly #compileRegex: CompileRegex;
  #copy = Buffer.allocUnsafeSlow(0);
  readonly #actions = new Map<IngestLimits, OtlpActions>();

  constructor({ bodyLimits, bounds, compileRegex }: PushDecoderOptions) {
    this.#bounds = bounds;
    const { maxDecompressedSizeBytes, maxRecvMsgSizeBytes } = bodyLimits;
    this.#bodyLimits = {
      maxRecvMsgSizeBytes: Math.min(maxRecvMsgSizeBytes, bounds.bytesMax),
      maxDecompressedSizeBytes: Math.min(maxDecompressedSizeBytes, bounds.bytesMax),
    };
    this.#compileRegex = compileRegex;
    this.columns = new PushColumns(bounds);
  }

  /**
   * Fills `columns` with the entries that may be stored; `nowMs` is Unix time. Throws PushError: 413 beyond a limit or
   * bound, and the request's body is as it was then; 400 for what cannot be read.
   */
  decode(request: PushRequest, kind: PushKind, limits: IngestLimits, nowMs: number): DecodedPush {
    const { columns } = this;
    const refusals = new Refusals();
    const notes = this.#decode(request, kind, { limits, nowMs, refusals });
    const sent = columns.count + refusals.entries;
    const totals = validate(columns, limits, nowMs, refusals);
    if (limits.incrementDuplicateTimestamp) incrementDuplicates(columns);
    return { sent, totals, refusals, notes };
  }

  #decode(
    request: PushRequest,
    { type, encoding }: PushKind,
    { limits, nowMs, refusals }: Decoding,
  ): Uint8Array | undefined {
    const { columns } = this;
    const bodyLimits = this.#bodyLimits;
    const body = asBuffer(decompress(Buffer.from(request.body), encoding, bodyLimits));
    // The body as it came may be wanted again.
    const isWanted = encoding === 'none' && this.#bounds.bytesMax < Number.POSITIVE_INFINITY;
    return doorOf(request).decode({
      request,
      type,
      body,
      writable: () => (isWanted ? this.#copied(body) : body),
      columns,
      refusals,
      context: {
        tenant: request.tenant,
        limits,
        streams: this.streams,
        receivedNs: BigInt(Math.floor(nowMs * 1000)) * 1000n,
      },
      bounds: this.#bounds,
      bodyLimits,
      otlpActions: () => this.#otlpActions(limits),
    });
  }

  /** In memory that is used again for the next one. */
  #copied(body: Buffer): Buffer {
    if (this.#copy.length < body.length) this.#copy = Buffer.allocUnsafeSlow(body.length);
    body.copy(this.#copy);
    return this.#copy.subarray(0, body.length);
  }

  #otlpActions(limits: IngestLimits): OtlpActions {
    let actions = this.#actions.get(limits);
    if (actions === undefined) {
      actions = otlpActions(limits.otlpConfig, this.#compileRegex);
      this.#actions.set(limits, actions);
    }
    return actions;
  }
}

/** The same bytes as a Buffer. */
const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
