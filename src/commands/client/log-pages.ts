// Log queries of any length, page by page: servers give no more than some thousand entries at once.
import type { TimeRange } from '../../model/time.ts';
import { CommandError } from '../cli/command.ts';
import type { LokiClient } from './loki-client.ts';

export type LabelRecord = Readonly<Record<string, string>>;

export interface LogEntry {
  readonly timestampNs: bigint;
  readonly line: string;
  /** Of its result stream. */
  readonly labels: LabelRecord;
  /** Only with `categorize`. */
  readonly structuredMetadata: LabelRecord;
}

export interface LogQueryRequest extends TimeRange {
  readonly query: string;
  readonly direction: 'forward' | 'backward';
  /** Infinity for all. */
  readonly limit: number;
  /** Entries of one request, at most what the server allows. */
  readonly batch: number;
  /** Further parameters, such as `interval`. */
  readonly parameters?: readonly (readonly [string, string])[];
  /** Structured metadata apart from the labels. */
  readonly categorize?: boolean;
}

/** A metric query's result, as the server wrote it. */
export interface MetricResult {
  readonly resultType: string;
  readonly result: unknown;
}

export interface QueryPage {
  readonly warnings: readonly string[];
  readonly stats: unknown;
  /** In the query's direction. */
  readonly entries: readonly LogEntry[];
  /** Instead of entries when the query is a metric query; then the only page. */
  readonly metric: MetricResult | undefined;
}

/** Pages until the limit or the range is exhausted. Throws ServerError, CommandError. */
export async function* queryPages(client: LokiClient, request: LogQueryRequest): AsyncGenerator<QueryPage> {
  let { startNs, endNs } = request;
  let wanted = request.limit;
  let edge = emptyEdge;
  while (wanted > 0 && startNs < endNs) {
    // What is known of the edge comes again; room for it, and for something new.
    const room = Math.max(request.batch, Math.min(request.batch + edge.count, serverEntriesMax));
    const limit = Math.min(room, wanted + edge.count);
    const page = await queryOnce(client, { ...request, startNs, endNs, limit });
    if (page.metric !== undefined) {
      yield page;
      return;
    }
    const entries = withoutEdge(page.entries, edge);
    yield { ...page, entries: entries.slice(0, wanted) };
    wanted -= entries.length;
    if (page.entries.length < limit) return;
    if (entries.length === 0)
      throw new CommandError(
        `more than ${limit} entries have the same timestamp (${edge.timestampNs}); raise --batch`,
      );
    edge = edgeOf(page.entries);
    if (request.direction === 'forward') startNs = edge.timestampNs;
    else endNs = edge.timestampNs + 1n;
  }
}

/** What servers allow in one answer by default. */
const serverEntriesMax = 5000;

interface ServerStream {
  readonly stream: LabelRecord;
  readonly values: readonly (readonly [
    string,
    string,
    { readonly structuredMetadata?: LabelRecord; readonly parsed?: LabelRecord }?,
  ])[];
}

async function queryOnce(client: LokiClient, request: LogQueryRequest): Promise<QueryPage> {
  const answer = (await client.get(
    '/loki/api/v1/query_range',
    [
      ['query', request.query],
      ['start', String(request.startNs)],
      ['end', String(request.endNs)],
      ['limit', String(request.limit)],
      ['direction', request.direction],
      ...(request.parameters ?? []),
    ],
    request.categorize === true ? { 'x-loki-response-encoding-flags': 'categorize-labels' } : {},
  )) as {
    readonly data?: { readonly resultType?: string; readonly result?: unknown; readonly stats?: unknown };
    readonly warnings?: readonly string[];
  };
  const { resultType = '', result, stats } = answer.data ?? {};
  const warnings = answer.warnings ?? [];
  if (resultType !== 'streams')
    return { warnings, stats, entries: [], metric: { resultType, result: result ?? [] } };
  return {
    warnings,
    stats,
    entries: entriesOf((result ?? []) as readonly ServerStream[], request.direction),
    metric: undefined,
  };
}

/** Entries of all streams by time; those of one time stay as the server ordered them. */
export function entriesOf(
  streams: readonly ServerStream[],
  direction: 'forward' | 'backward',
): readonly LogEntry[] {
  const entries = streams.flatMap(({ stream, values }) =>
    values.map(
      ([timestamp, line, more]): LogEntry => ({
        timestampNs: BigInt(timestamp),
        line,
        labels: stream,
        structuredMetadata: more?.structuredMetadata ?? noLabels,
      }),
    ),
  );
  const sign = direction === 'forward' ? 1 : -1;
  return entries.sort((a, b) =>
    a.timestampNs === b.timestampNs ? 0 : a.timestampNs < b.timestampNs ? -sign : sign,
  );
}

const noLabels: LabelRecord = {};

/** The last entries of a page, which share one time: the next page starts with them. */
export interface Edge {
  readonly timestampNs: bigint;
  readonly count: number;
  /** How many of each; a pipeline may make entries equal. */
  readonly seen: ReadonlyMap<string, number>;
}

export const emptyEdge: Edge = { timestampNs: -1n, count: 0, seen: new Map() };

const keyOf = ({ line, labels, structuredMetadata }: LogEntry): string =>
  JSON.stringify([line, labels, structuredMetadata]);

/** The edge at the last entry; `earlier` adds to it when its time is the same. */
export function edgeOf(entries: readonly LogEntry[], earlier: Edge = emptyEdge): Edge {
  const last = entries.at(-1);
  if (last === undefined) return earlier;
  const same = earlier.timestampNs === last.timestampNs;
  const seen = new Map(same ? earlier.seen : []);
  let count = same ? earlier.count : 0;
  for (let i = entries.length - 1; i >= 0; i--) {
    const entry = entries[i] as LogEntry;
    if (entry.timestampNs !== last.timestampNs) break;
    const key = keyOf(entry);
    seen.set(key, (seen.get(key) ?? 0) + 1);
    count++;
  }
  return { timestampNs: last.timestampNs, count, seen };
}

/** The entries without those of the edge, each as often as it was seen. */
export function withoutEdge(entries: readonly LogEntry[], edge: Edge): readonly LogEntry[] {
  if (edge.count === 0) return entries;
  const left = new Map(edge.seen);
  return entries.filter((entry) => {
    if (entry.timestampNs !== edge.timestampNs) return true;
    const key = keyOf(entry);
    const times = left.get(key) ?? 0;
    if (times > 0) left.set(key, times - 1);
    return times === 0;
  });
}
