// Log queries, one entry after the other.
import type { LogQuery, Matcher } from '../../src/logql/ast.ts';
import { Entry, needsEverything, type PushedEntry } from './entry.ts';
import { fitsMatcher } from './filters.ts';
import { applyStage, keepsFound } from './stages.ts';

export interface PushedStream {
  readonly labels: Readonly<Record<string, string>>;
  /** In the order in which they arrived; those pushed twice once. */
  readonly entries: readonly PushedEntry[];
}

export interface LogAsked {
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly limit: number;
  readonly direction: 'forward' | 'backward';
}

export interface LogRow {
  readonly ns: bigint;
  readonly line: string;
  readonly stream: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly parsed: Readonly<Record<string, string>>;
}

/** A matcher sees an empty text where there is no label. */
export const selects = (matchers: readonly Matcher[], labels: Readonly<Record<string, string>>): boolean =>
  matchers.every((matcher) => fitsMatcher(matcher, labels[matcher.name] ?? ''));

/** Rows in the order of the answer: by time, of one time and stream as they arrived (backward: the other way round). */
export function logRows(
  query: LogQuery,
  streams: readonly PushedStream[],
  asked: LogAsked,
): readonly LogRow[] {
  const filters = query.stages.flatMap((stage) => (stage.kind === 'labelFilter' ? [stage.filter] : []));
  const needs = { ...needsEverything, keeps: keepsFound(filters) };
  const rows = streams.flatMap(({ labels, entries }) => {
    if (!selects(query.matchers, labels)) return [];
    const ordered = entries
      .filter(({ ns }) => ns >= asked.startNs && ns < asked.endNs)
      .toSorted((a, b) => compare(a.ns, b.ns));
    if (asked.direction === 'backward') ordered.reverse();
    return ordered
      .flatMap((pushed): LogRow[] => {
        const entry = new Entry(labels, pushed, needs);
        if (!query.stages.every((stage) => applyStage(stage, entry))) return [];
        const { ns, line } = entry;
        return [
          {
            ns,
            line,
            stream: entry.labels('stream'),
            metadata: entry.labels('metadata'),
            parsed: entry.labels('parsed'),
          },
        ];
      })
      .filter((row, i, all) => all.findIndex((other) => sameRow(row, other)) === i);
  });
  rows.sort((a, b) => (asked.direction === 'forward' ? 1 : -1) * compare(a.ns, b.ns));
  return rows.slice(0, asked.limit);
}

/** Entries that a stage has made equal are one. */
const sameRow = (a: LogRow, b: LogRow): boolean =>
  a.ns === b.ns && JSON.stringify({ ...a, ns: 0 }) === JSON.stringify({ ...b, ns: 0 });

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
