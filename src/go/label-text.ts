// Label sets as Prometheus' libraries print them.
import type { LabelPair } from '../model/labels.ts';
import { quoteGo } from './quote.ts';

/** `{a="b", c="d"}`, in the order given. */
export const labelText = (labels: readonly LabelPair[]): string =>
  `{${labels.map(([name, value]) => `${name}=${quoteGo(value)}`).join(', ')}}`;
