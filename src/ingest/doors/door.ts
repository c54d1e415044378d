// What one way in is made of: how its bodies are read, and how its clients are answered. Its path stands in
// src/http/push.ts.

import type { MetricFormat } from '../client/ingest-metrics.ts';
import type { PushRequest, PushResponse } from '../client/ingest-service.ts';
import type { Encoding } from '../decode/decode-body.ts';
import type { DecodeContext } from '../decode/decode-protobuf.ts';
import type { PushColumns } from '../entries/push-columns.ts';
import type { BodyLimits } from '../limits/limits.ts';
import type { PushBounds } from '../limits/push-bounds.ts';
import type { PushError } from '../limits/push-error.ts';
import type { Refusals } from '../limits/refusals.ts';
import type { OtlpActions } from '../otlp/decode-otlp.ts';

/** What the headers, and the first bytes where they do not say it, tell of a body. */
export interface PushKind {
  readonly type: 'json' | 'protobuf';
  readonly encoding: Encoding;
}

/** A body without its content encoding, and where its entries go. */
export interface ArrivedPush {
  readonly request: PushRequest;
  readonly type: PushKind['type'];
  readonly body: Buffer;
  /** The body in memory that may be written to: texts are unescaped where they are. */
  writable(): Buffer;
  /** To be reset before the first entry. */
  readonly columns: PushColumns;
  /** Of what never becomes an entry. */
  readonly refusals: Refusals;
  readonly context: DecodeContext;
  readonly bounds: PushBounds;
  readonly bodyLimits: BodyLimits;
  otlpActions(): OtlpActions;
}

/** `delayed` may be sent again. */
export type ItemFate = 'stored' | 'refused' | 'delayed';

/** What became of a push that could be read. */
export interface PushOutcome {
  /** Entries that were sent, and those of them that were refused. */
  readonly sent: number;
  readonly refused: number;
  /** Why some were refused for good; '' when none were. */
  readonly refusedText: string;
  /** Why some may be sent again later; '' when none may. */
  readonly delayedText: string;
  /** Item by item, for a way in that has noted them. */
  readonly items: { readonly notes: Uint8Array; readonly fates: readonly ItemFate[] } | undefined;
}

export interface PushDoor {
  readonly metricFormat: MetricFormat;
  /** Throws PushError 400 for an encoding or a content type that it does not take. */
  kindOf(request: PushRequest): PushKind;
  /**
   * Fills the columns. Throws PushError: 413 beyond a limit or bound, 400 for what cannot be read. Gives a note of each
   * item where the answer speaks of each.
   */
  decode(push: ArrivedPush): Uint8Array | undefined;
  /** True: a push that names no stream is as good as any other. */
  readonly takesNothing: boolean;
  /** What could be read: stored, or refused in part or wholly. */
  answer(request: PushRequest, outcome: PushOutcome): PushResponse;
  /** What is refused as a whole. */
  refuse(request: PushRequest, error: PushError): PushResponse;
}
