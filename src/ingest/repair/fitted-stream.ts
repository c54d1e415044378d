// The stream of a collected label set: where a push with these labels would be refused, the labels are made to fit, and
// what is taken from them becomes structured metadata of the entries.
import { type LabelPair, type Labels, labelsFromPairs, labelsKey, labelValue } from '../../model/labels.ts';
import type { DiscardReason, PushStream, PushStreams } from '../entries/push-stream.ts';
import type { IngestLimits } from '../limits/limits.ts';
import { type LabelDraft, repairs } from './repairs.ts';

export interface FittedStream {
  readonly stream: PushStream;
  readonly moved: readonly LabelPair[];
  /** What was done, each once. */
  readonly reasons: readonly DiscardReason[];
}

export interface FittingContext {
  readonly tenant: string;
  readonly limits: IngestLimits;
  readonly streams: PushStreams;
  /** Name of the collector. */
  readonly source: string;
}

const isName = (name: string): boolean => /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);
/** Mending one fault may bring another to light; more than this is a limit that nothing fits. */
const mendedMax = 20;

/** The stream may still have a refusal, where the limits contradict each other. */
export function fittedStream(labels: Labels, context: FittingContext): FittedStream {
  const stream = streamOf(labels, context);
  if (stream.refusal === undefined && labels.every(([name]) => isName(name)))
    return { stream, moved: [], reasons: [] };
  return mendedStream({ labels, moved: [] }, context, []);
}

/** The pairs under names that an entry's own metadata leaves free. */
export const movedBeside = (moved: readonly LabelPair[], own: ReadonlySet<string>): readonly LabelPair[] =>
  moved.map(([name, value]) => [own.has(name) ? `label_${name}` : name, value]);

/** For entries of a stream that the tenant has no room for. */
export function overflowStream(labels: Labels, context: FittingContext): FittedStream {
  const draft: LabelDraft = { labels, moved: [] };
  const { stream_limit: repair } = repairs;
  if (repair.part === 'labels') repair.mend(draft, context.limits, context.source);
  return mendedStream(draft, context, ['stream_limit']);
}

function mendedStream(
  draft: LabelDraft,
  context: FittingContext,
  done: readonly DiscardReason[],
): FittedStream {
  const reasons = new Set(done);
  let stream = streamOf(labelsFromPairs(draft.labels), context);
  for (let mended = 0; mended < mendedMax; mended++) {
    const reason = draft.labels.every(([name]) => isName(name)) ? stream.refusal?.reason : 'invalid_labels';
    if (reason === undefined) break;
    const repair = repairs[reason];
    if (repair.part !== 'labels') break;
    repair.mend(draft, context.limits, context.source);
    reasons.add(reason);
    stream = streamOf(draft.labels, context);
  }
  const moved = draft.moved.filter(([name, value]) => labelValue(stream.labels, name) !== value);
  return { stream, moved, reasons: [...reasons] };
}

function streamOf(pairs: readonly LabelPair[], { tenant, limits, streams }: FittingContext): PushStream {
  const text = `collected${labelsKey(pairs)}`;
  return streams.known(tenant, text) ?? streams.resolve(tenant, text, { pairs, unkept: 0 }, limits, false);
}
