// Structured metadata made to fit a number of bytes and of pairs: long values are cut, and where that is not enough the
// longest pairs are left out.
import type { LabelPair } from '../../model/labels.ts';
import { cutText } from './shortened-text.ts';

/** Values are not cut below this; pairs are left out instead. */
const valueBytesMin = 32;

const nameBytes = ([name]: LabelPair): number => Buffer.byteLength(name);
const valueBytes = ([, value]: LabelPair): number => Buffer.byteLength(value);
const pairBytes = (pair: LabelPair): number => nameBytes(pair) + valueBytes(pair);

/** At most `pairsMax` of them, the longest left out. Keeps the order. */
export function fewerPairs(pairs: readonly LabelPair[], pairsMax: number): readonly LabelPair[] {
  if (pairs.length <= pairsMax) return pairs;
  const kept = new Set(
    [...pairs].sort((a, b) => pairBytes(a) - pairBytes(b)).slice(0, Math.max(0, pairsMax)),
  );
  return pairs.filter((pair) => kept.has(pair));
}

/** Names and values together of at most `bytesMax`: all values longer than a certain length are cut to it. */
export function shorterPairs(pairs: readonly LabelPair[], bytesMax: number): readonly LabelPair[] {
  const least = (pair: LabelPair): number => nameBytes(pair) + Math.min(valueBytes(pair), valueBytesMin);
  const bySize = [...pairs].sort((a, b) => pairBytes(b) - pairBytes(a));
  let needed = bySize.reduce((sum, pair) => sum + least(pair), 0);
  const left = new Set<LabelPair>();
  for (const pair of bySize) {
    if (needed <= bytesMax) break;
    needed -= least(pair);
    left.add(pair);
  }
  const kept = pairs.filter((pair) => !left.has(pair));
  const names = kept.reduce((sum, pair) => sum + nameBytes(pair), 0);
  const valueMax = evenShare(kept.map(valueBytes), bytesMax - names);
  return kept.map(([name, value]): LabelPair => [name, cutText(value, valueMax)]);
}

/** The length to which the longer ones must be cut for all of them to have `sum` together. */
function evenShare(lengths: readonly number[], sum: number): number {
  const ascending = [...lengths].sort((a, b) => a - b);
  let room = sum;
  for (const [at, length] of ascending.entries()) {
    const share = Math.floor(room / (ascending.length - at));
    if (length > share) return share;
    room -= length;
  }
  return sum;
}
