// A push that was decoded in a thread apart, on its way to the ingest worker: columns that move, streams as texts that
// are read piece by piece, so that no step there takes long.
import type { LevelCode } from '../../model/entry.ts';
import type { Labels } from '../../model/labels.ts';
import type { PushRequest } from '../client/ingest-service.ts';
import type { DecodedPush, PushDecoder } from '../decode/push-decoder.ts';
import type { PushKind } from '../doors/door.ts';
import { type PushColumnArrays, PushColumns } from '../entries/push-columns.ts';
import type { DecodedStream, PushStreams, Refusal } from '../entries/push-stream.ts';
import type { IngestLimits } from '../limits/limits.ts';
import { Refusals, type RefusalsData } from '../limits/refusals.ts';
import type { ValidatedTotals } from '../limits/validate.ts';

/** The thread that decodes large pushes, as the ingest worker calls it. */
export interface LargePushDecoder {
  decode(params: LargePush): LargePushOutcome;
}

export interface LargePush {
  readonly request: PushRequest;
  readonly kind: PushKind;
  /** Of its tenant. */
  readonly limits: IngestLimits;
  /** Unix ms. */
  readonly nowMs: number;
}

/** A refusal (the fields of a PushError), or what is left of the push to be admitted. */
export type LargePushOutcome =
  | { readonly refused: { readonly status: number; readonly message: string } }
  | { readonly refused: undefined; readonly push: PackedPush };

export interface PackedPush {
  readonly sent: number;
  readonly totals: ValidatedTotals;
  readonly refusals: RefusalsData;
  readonly notes: Uint8Array | undefined;
  readonly columns: PushColumnArrays;
  readonly surplusTarget: number;
  /** JSON: lists of {@link PackedStream}, in the order of the targets. */
  readonly targets: readonly string[];
}

type PackedStream = readonly [
  labels: Labels,
  text: string,
  level: readonly [decided: boolean, code: LevelCode, text: string],
  refusal: Refusal | null,
];

/** Streams of one text: some milliseconds to read. */
const streamsPerText = 256;

/** The push in the decoder's columns, with the memory to be transferred. */
export function packPush(
  { columns }: PushDecoder,
  { sent, totals, refusals, notes }: DecodedPush,
): { readonly push: PackedPush; readonly transfer: readonly ArrayBuffer[] } {
  const targets: string[] = [];
  for (let from = 0; from < columns.targets.length; from += streamsPerText) {
    const streams = columns.targets.slice(from, from + streamsPerText).map(packStream);
    targets.push(JSON.stringify(streams));
  }
  const arrays = columns.arrays();
  return {
    push: {
      sent,
      totals,
      refusals: refusals.data(),
      notes,
      columns: arrays,
      surplusTarget: columns.surplusTarget,
      targets,
    },
    transfer: Object.values(arrays).map(({ buffer }) => buffer),
  };
}

const packStream = ({ labels, text, level, refusal }: DecodedStream): PackedStream => [
  labels,
  text,
  [level.decided, level.code, level.text],
  refusal ?? null,
];

/** Puts the push into columns, its streams into `streams`. Yields after a bounded number of them. */
export function* unpackPush(
  { columns: arrays, surplusTarget, targets, sent, totals, refusals, notes }: PackedPush,
  tenant: string,
  streams: PushStreams,
): Generator<undefined, { readonly columns: PushColumns; readonly decoded: DecodedPush }> {
  const columns = PushColumns.of(arrays);
  columns.surplusTarget = surplusTarget;
  for (const text of targets) {
    for (const [labels, streamText, [decided, code, levelText], refusal] of JSON.parse(
      text,
    ) as PackedStream[]) {
      const stream: DecodedStream = {
        tenant,
        labels,
        text: streamText,
        level: { decided, code, text: levelText },
        refusal: refusal ?? undefined,
      };
      columns.targets.push(streams.adopt(stream, columns.targets.length === surplusTarget));
    }
    yield;
  }
  return { columns, decoded: { sent, totals, refusals: Refusals.of(refusals), notes } };
}
