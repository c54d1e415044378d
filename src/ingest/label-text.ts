// Label sets as messages print them: `{app="web", env="prod"}`.
import { quoteGo } from '../model/go-quote.ts';
import type { LabelPair } from '../model/labels.ts';

export function labelText(labels: readonly LabelPair[]): string {
  return `{${labels.map(([name, value]) => `${name}=${quoteGo(value)}`).join(', ')}}`;
}
