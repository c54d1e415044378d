// Log queries on the main thread: one scan, or with `interval` one for each hour.
import { floorDiv, nsPerSecond, type TimeRange } from '../../model/time.ts';
import type { LogPart } from '../../store/scan-task.ts';
import type { QueryRun } from '../run/query-run.ts';
import type { LogRequest, LogResult } from '../run/query-service.ts';
import { type MergedRow, mergeRows, renderStreams, rowTimeNs } from './log-merge.ts';

export async function runLogQuery(request: LogRequest, run: QueryRun): Promise<LogResult> {
  const rows =
    request.intervalNs > 0n
      ? await rowsByInterval(request, run)
      : await firstRows(request, request, request.limit, run);
  return { resultJson: renderStreams(rows), statistics: run.statistics(rows.length), warnings: run.warnings };
}

async function firstRows(
  request: LogRequest,
  range: TimeRange,
  limit: number,
  run: QueryRun,
): Promise<MergedRow[]> {
  if (limit <= 0 || range.endNs <= range.startNs) return [];
  const { query, direction, categorizeLabels } = request;
  const parts = await run.scan({
    kind: 'logs',
    query,
    startNs: range.startNs,
    endNs: range.endNs,
    direction,
    limit,
    categorizeLabels,
  });
  return mergeRows(
    parts.filter((part): part is LogPart => part.kind === 'logs'),
    direction,
    limit,
  );
}

const hourNs = 3600n * nsPerSecond;

/**
 * `interval`: after an entry at t, entries are left out until t + interval. As in Loki this thins the first `limit`
 * entries of each full hour, and starts over with each.
 */
async function rowsByInterval(request: LogRequest, run: QueryRun): Promise<MergedRow[]> {
  const { direction, limit, intervalNs } = request;
  const rows: MergedRow[] = [];
  for (const hour of hoursOf(request, direction)) {
    let last: bigint | undefined;
    for (const row of await firstRows(request, hour, limit, run)) {
      const time = rowTimeNs(row);
      if (last !== undefined && (direction === 'forward' ? time - last : last - time) < intervalNs) continue;
      last = time;
      rows.push(row);
      if (rows.length === limit) return rows;
    }
  }
  return rows;
}

/** The range cut at full hours, in the query's direction. */
function* hoursOf({ startNs, endNs }: TimeRange, direction: LogRequest['direction']): Generator<TimeRange> {
  if (direction === 'forward') {
    for (let from = startNs; from < endNs; ) {
      const next = (floorDiv(from, hourNs) + 1n) * hourNs;
      const to = next < endNs ? next : endNs;
      yield { startNs: from, endNs: to };
      from = to;
    }
    return;
  }
  for (let to = endNs; to > startNs; ) {
    const before = floorDiv(to - 1n, hourNs) * hourNs;
    const from = before > startNs ? before : startNs;
    yield { startNs: from, endNs: to };
    to = from;
  }
}
