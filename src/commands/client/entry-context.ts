// Entries around those that a query found, of the same stream: what stood before an error and after it.
import { formatLabels } from '../cli/entry-format.ts';
import { type LogEntry, queryPages } from './log-pages.ts';
import type { LokiClient } from './loki-client.ts';

export interface ContextEntry {
  readonly entry: LogEntry;
  /** The query found it. */
  readonly isFound: boolean;
}

/** How far around an entry others are looked for; servers bound the range of a query. */
const reachNs = 24n * 3_600_000_000_000n;

/**
 * The entries with up to `around` others before and after each, a list for each stretch without a gap, the oldest first
 * within it. `entries`: categorized, in any order. Throws ServerError, CommandError.
 */
export async function* withContext(
  client: LokiClient,
  entries: readonly LogEntry[],
  around: number,
): AsyncGenerator<readonly ContextEntry[]> {
  const byStream = new Map<string, LogEntry[]>();
  for (const entry of entries) {
    const selector = formatLabels(entry.labels);
    const known = byStream.get(selector);
    if (known === undefined) byStream.set(selector, [entry]);
    else known.push(entry);
  }
  for (const [selector, found] of byStream) {
    const ordered = found.toSorted((a, b) => (a.timestampNs < b.timestampNs ? -1 : 1));
    let stretch = new Stretch();
    for (const entry of ordered) {
      const before = await entriesNear(client, selector, entry, 'backward', around);
      const after = await entriesNear(client, selector, entry, 'forward', around);
      const window = [...before.toReversed(), ...after];
      if (!stretch.touches(window[0] ?? entry)) {
        yield stretch.entries();
        stretch = new Stretch();
      }
      for (const one of window) stretch.add(one, false);
      stretch.add(entry, true);
    }
    yield stretch.entries();
  }
}

/** Up to so many entries before this one, the nearest first; or itself and those after it. */
async function entriesNear(
  client: LokiClient,
  selector: string,
  entry: LogEntry,
  direction: 'forward' | 'backward',
  around: number,
): Promise<readonly LogEntry[]> {
  const { timestampNs, line } = entry;
  const isForward = direction === 'forward';
  const pages = queryPages(client, {
    query: selector,
    startNs: isForward ? timestampNs : timestampNs - reachNs,
    endNs: isForward ? timestampNs + reachNs : timestampNs,
    direction,
    // Of those from its own moment on it is one.
    limit: isForward ? around + 1 : around,
    batch: around + 1,
    categorize: true,
  });
  const near: LogEntry[] = [];
  for await (const { entries } of pages) near.push(...entries);
  if (!isForward) return near;
  // A query may have changed its line: then the first of its moment stands for it.
  const same = near.findIndex((one) => one.timestampNs === timestampNs && one.line === line);
  const own = same >= 0 ? same : near.findIndex((one) => one.timestampNs === timestampNs);
  return own < 0 ? [entry, ...near] : near.map((one, at) => (at === own ? entry : one));
}

/** Entries of one stream without a gap, each once. */
class Stretch {
  readonly #byKey = new Map<string, { readonly entry: LogEntry; isFound: boolean }>();
  #lastNs = -1n;

  /** Whether an entry is in it or before its end; nothing is apart from an empty one. */
  touches({ timestampNs }: LogEntry): boolean {
    return this.#byKey.size === 0 || timestampNs <= this.#lastNs;
  }

  add(entry: LogEntry, isFound: boolean): void {
    const key = `${entry.timestampNs} ${entry.line}`;
    const known = this.#byKey.get(key);
    if (known === undefined) this.#byKey.set(key, { entry, isFound });
    else known.isFound ||= isFound;
    if (entry.timestampNs > this.#lastNs) this.#lastNs = entry.timestampNs;
  }

  entries(): readonly ContextEntry[] {
    return [...this.#byKey.values()].sort((a, b) =>
      a.entry.timestampNs === b.entry.timestampNs ? 0 : a.entry.timestampNs < b.entry.timestampNs ? -1 : 1,
    );
  }
}
