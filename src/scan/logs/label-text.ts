// Labels as text: `{a="b", c="d"}`, the form of Loki's messages and the order of streams in an answer.
import { quoteGo } from '../../go/quote.ts';
import type { Labels } from '../../model/labels.ts';

export const labelsText = (labels: Labels): string =>
  `{${labels.map(([name, value]) => `${name}=${quoteGo(value)}`).join(', ')}}`;
