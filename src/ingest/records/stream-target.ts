import type { LabelPair } from '../../model/labels.ts';
import type { DecodeContext } from '../decode/decode-protobuf.ts';
import { LabelMap, labelsKeptMax } from '../decode/sent-labels.ts';
import type { PushColumns } from '../entries/push-columns.ts';
import type { PushStream } from '../entries/push-stream.ts';
import { sanitizeName } from '../entries/sanitize-metadata.ts';

/** The stream with these labels; of a repeated label the last value counts. */
export function streamOf(
  columns: PushColumns,
  { tenant, streams, limits }: DecodeContext,
  labels: readonly LabelPair[],
): PushStream {
  let text = 'record';
  for (const [name, value] of labels) text += `${name.length}:${name}${value.length}:${value}`;
  const known = streams.known(tenant, text);
  if (known !== undefined) return known;
  const kept = new LabelMap(labelsKeptMax(limits));
  for (const [name, value] of labels) kept.set(sanitizeName(name), value);
  return streams.resolve(tenant, text, kept.sent(), limits, columns.isSaturated);
}
