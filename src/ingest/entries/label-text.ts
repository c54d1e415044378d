// Label sets as messages print them: `{app="web", env="prod"}`.
import { quoteGo } from '../../go/quote.ts';
import type { LabelPair } from '../../model/labels.ts';

/** What a sender wrote is repeated up to this many characters: the answer must not be as long as the body. */
const echoLengthMax = 4096;

export function labelText(labels: readonly LabelPair[]): string {
  return `{${labels.map(([name, value]) => `${cutText(name)}=${quoteGo(cutText(value))}`).join(', ')}}`;
}

/** A text as messages repeat it: its start and `…` when it is long. */
export const cutText = (text: string): string =>
  text.length <= echoLengthMax ? text : `${text.slice(0, echoLengthMax)}…`;
