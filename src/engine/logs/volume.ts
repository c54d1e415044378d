// Volume queries on the main thread: one scan, its parts added up, the largest rows first.

import { labelText } from '../../go/label-text.ts';
import { type Labels, labelsKey } from '../../model/labels.ts';
import { nsPerMs } from '../../model/time.ts';
import type { QueryRun } from '../run/query-run.ts';
import type { Series, VolumeRequest, VolumeResult } from '../run/query-service.ts';

interface Row {
  readonly labels: Labels;
  /** Rows of equal size come in the order of these. */
  readonly name: string;
  readonly bytes: Map<number, number>;
  total: number;
}

export async function runVolume(request: VolumeRequest, run: QueryRun): Promise<VolumeResult> {
  const { selector, startNs, endNs, stepNs, by, aggregateBy, limit } = request;
  const { matchers } = selector;
  const parts =
    endNs > startNs
      ? await run.scan({ kind: 'volume', matchers, startNs, endNs, stepNs, by, aggregateBy })
      : [];
  const nameOf = (labels: Labels): string =>
    aggregateBy === 'labels' ? (labels[0]?.[0] ?? '') : labelText(labels);
  const rows = new Map<string, Row>();
  for (const part of parts) {
    if (part.kind !== 'volume') continue;
    for (const { labels, buckets, bytes } of part.groups) {
      const key = labelsKey(labels);
      const row = rows.get(key) ?? { labels, name: nameOf(labels), bytes: new Map(), total: 0 };
      rows.set(key, row);
      buckets.forEach((bucket, i) => {
        const more = bytes[i] as number;
        row.total += more;
        row.bytes.set(bucket, (row.bytes.get(bucket) ?? 0) + more);
      });
    }
  }
  const largest = [...rows.values()]
    .filter(({ bytes }) => bytes.size > 0)
    .sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1))
    .slice(0, limit);
  const series = largest.map((row) => seriesOf(row, request));
  return { series, statistics: run.statistics(series.length), warnings: run.warnings };
}

function seriesOf({ labels, bytes }: Row, { stepNs, endNs }: VolumeRequest): Series {
  const points = [...bytes].sort(([a], [b]) => a - b);
  // A bucket is named by its last millisecond, the last one by the end of the range.
  const timeOf = (bucket: number): bigint => {
    const bucketEndNs = BigInt(bucket + 1) * stepNs;
    return stepNs === 0n || bucketEndNs >= endNs ? endNs : bucketEndNs - nsPerMs;
  };
  return {
    labels,
    timesMs: Float64Array.from(points, ([bucket]) => Number(timeOf(bucket) / nsPerMs)),
    values: Float64Array.from(points, ([, n]) => n),
  };
}
