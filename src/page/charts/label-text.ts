// Labels as LogQL writes them; what has none is of everything.
import type { Labels } from '../gateway/entry.ts';

export function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? 'all together' : `{${pairs.join(', ')}}`;
}
