// The recorded data set as streams in memory, with service names and levels as ingest gives them, and log queries
// answered over it. Shaping results (order, limit, interval, streams) is the engine's; here it is only good enough
// to compare with.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { levelLabels, levelOfSeverityNumber, levelOfWord } from '../../src/formats/level-words.ts';
import { levelOfLine } from '../../src/ingest/entries/detected-level.ts';
import { sanitizeName } from '../../src/ingest/entries/sanitize-metadata.ts';
import { withServiceName } from '../../src/ingest/entries/service-name.ts';
import type { LogQuery } from '../../src/logql/ast.ts';
import { compileMatchers, matchesLabels } from '../../src/logql/matchers.ts';
import { type Labels, labelsFromPairs, labelValue } from '../../src/model/labels.ts';
import { compileLogPipeline } from '../../src/pipeline/log-pipeline.ts';
import type { EntryLabels, PipelineInput } from '../../src/pipeline/pipeline.ts';
import { compileLineFilters, hoistLineFilters } from '../../src/pipeline/stages/line-filter.ts';
import { conformanceFolder } from '../conformance/cases.ts';

export interface StoredStream {
  readonly labels: Labels;
  /** In order of arrival. */
  readonly entries: PipelineInput[];
}

const serviceCandidates =
  'service app application app_name name app_kubernetes_io_name container container_name k8s_container_name component workload job k8s_job_name'.split(
    ' ',
  );

interface PushBody {
  readonly streams: readonly {
    readonly stream: Record<string, string>;
    readonly values: readonly [string, string, Record<string, string>?][];
  }[];
}

/** Loads the pushes in order. Equal entries of a stream are stored once. */
export function loadStreams(): readonly StoredStream[] {
  const folder = join(conformanceFolder, 'dataset');
  const streams = new Map<string, StoredStream>();
  const seen = new Set<string>();
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.gz'))
    .sort()) {
    const body = JSON.parse(gunzipSync(readFileSync(join(folder, file))).toString()) as PushBody;
    for (const { stream, values } of body.streams) {
      const labels = withServiceName(labelsFromPairs(Object.entries(stream)), serviceCandidates);
      const key = JSON.stringify(labels);
      const stored = streams.get(key) ?? { labels, entries: [] };
      streams.set(key, stored);
      for (const [time, line, metadata] of values) {
        const identity = JSON.stringify([key, time, line, metadata]);
        if (seen.has(identity)) continue;
        seen.add(identity);
        stored.entries.push(storedEntry(labels, time, line, metadata ?? {}));
      }
    }
  }
  return [...streams.values()];
}

function storedEntry(
  labels: Labels,
  time: string,
  line: string,
  metadata: Record<string, string>,
): PipelineInput {
  const bytes = Buffer.from(line);
  const pairs = Object.entries(metadata).map(([name, value]): [string, string] => [
    sanitizeName(name),
    value,
  ]);
  const own = labelsFromPairs(pairs);
  const written =
    labelValue(own, 'detected_level') ??
    levelLabels.map((name) => labelValue(labels, name)).find((value) => value !== undefined) ??
    levelLabels.map((name) => metadata[name]).find((value) => value !== undefined);
  const severity = metadata.severity_number;
  let level = 0;
  let structuredMetadata = own;
  if (written !== undefined) {
    level = levelOfWord(written);
    if (level === 0) structuredMetadata = labelsFromPairs([...own, ['detected_level', written]]);
  } else if (severity !== undefined) level = levelOfSeverityNumber(severity);
  else level = levelOfLine(bytes, 0, bytes.length);
  return { timestampNs: BigInt(time), bytes, lineStart: 0, lineEnd: bytes.length, structuredMetadata, level };
}

export interface LogQuestion {
  readonly query: LogQuery;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly limit: number;
  readonly forward: boolean;
  readonly intervalNs: bigint;
  readonly categorize: boolean;
}

/** The answer in the form of the recorded ones. */
export function answer(streams: readonly StoredStream[], question: LogQuestion): unknown {
  const { query, startNs, endNs, forward, intervalNs, categorize } = question;
  const matchers = compileMatchers(query.matchers);
  const { lineFilters, rest } = hoistLineFilters(query.stages);
  const filter = compileLineFilters(lineFilters).matches;
  const pipeline = compileLogPipeline(rest);
  const found: { timestampNs: bigint; line: string; labels: EntryLabels; order: number }[] = [];
  for (const { labels, entries } of streams) {
    if (!matchesLabels(matchers, labels)) continue;
    const stream = pipeline.forStream(labels);
    for (const input of entries) {
      if (input.timestampNs < startNs || input.timestampNs >= endNs) continue;
      if (!filter(input.bytes, input.lineStart, input.lineEnd)) continue;
      const output = stream.process(input);
      if (output !== undefined) {
        found.push({
          timestampNs: input.timestampNs,
          line: output.line,
          labels: output.labels,
          order: found.length,
        });
      }
    }
  }
  const direction = forward ? 1 : -1;
  found.sort((a, b) =>
    a.timestampNs === b.timestampNs
      ? (a.order - b.order) * direction
      : a.timestampNs < b.timestampNs
        ? -direction
        : direction,
  );
  const groups = new Map<string, { stream: Record<string, string>; values: unknown[] }>();
  const lastOf = new Map<string, bigint>();
  let count = 0;
  for (const { timestampNs, line, labels } of found) {
    if (count >= question.limit) break;
    const { stream, structuredMetadata, parsed } = labels;
    const shown = Object.fromEntries(categorize ? stream : [...stream, ...structuredMetadata, ...parsed]);
    const key = JSON.stringify(Object.entries(shown).sort());
    const last = lastOf.get(key);
    if (intervalNs > 0n && last !== undefined) {
      const gap = forward ? timestampNs - last : last - timestampNs;
      if (gap < intervalNs) continue;
    }
    lastOf.set(key, timestampNs);
    count++;
    const group = groups.get(key) ?? { stream: shown, values: [] };
    groups.set(key, group);
    const categories = {
      ...(parsed.length > 0 ? { parsed: Object.fromEntries(parsed) } : {}),
      ...(structuredMetadata.length > 0
        ? { structuredMetadata: Object.fromEntries(structuredMetadata) }
        : {}),
    };
    const triple = categorize && Object.keys(categories).length > 0;
    group.values.push(triple ? [String(timestampNs), line, categories] : [String(timestampNs), line]);
  }
  return [...groups.values()];
}
