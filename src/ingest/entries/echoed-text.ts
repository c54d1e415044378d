// What a sender wrote, as messages repeat it: the answer must not be as long as the body.
import { labelText } from '../../go/label-text.ts';
import type { LabelPair } from '../../model/labels.ts';

const echoLengthMax = 4096;

/** A text's start, and `…` when it is long. */
export const cutText = (text: string): string =>
  text.length <= echoLengthMax ? text : `${text.slice(0, echoLengthMax)}…`;

/** `{app="web", env="prod"}`, each name and value cut. */
export const cutLabels = (labels: readonly LabelPair[]): string =>
  labelText(labels.map(([name, value]) => [cutText(name), cutText(value)]));
