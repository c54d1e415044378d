// What the engine and the tail see of compiled log pipelines. Compilation happens once per query; a
// StreamPipeline is made once per stream and called for each surviving line.
import type { LabelPair, Labels } from '../model/labels.ts';
import type { LineFields } from './line-fields.ts';

/** The three kinds of labels an entry leaves the pipeline with; names are unique over all three. */
export interface EntryLabels {
  readonly stream: Labels;
  readonly structuredMetadata: Labels;
  readonly parsed: Labels;
  /** Injective text of the three: equal keys mean equal labels. Cached per stream and metadata where possible. */
  readonly key: string;
}

/** All labels of an entry in one set; a parsed one may well be empty. */
export function mergedLabels({ stream, structuredMetadata, parsed }: EntryLabels): Labels {
  if (structuredMetadata.length + parsed.length === 0) return stream;
  const pairs: LabelPair[] = [...stream, ...structuredMetadata, ...parsed];
  return pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** One entry on its way in. The bytes are the scan's and are reused after the call. */
export interface PipelineInput {
  timestampNs: bigint;
  bytes: Buffer;
  lineStart: number;
  lineEnd: number;
  /** Without detected_level. */
  structuredMetadata: Labels;
  /** LevelCode; becomes structured metadata `detected_level` unless 0. */
  level: number;
}

export interface PipelineOutput {
  readonly line: string;
  readonly labels: EntryLabels;
}

export interface StreamPipeline {
  /** The entry as it leaves the last stage, or undefined when a stage dropped it. */
  process(input: PipelineInput): PipelineOutput | undefined;
}

export interface LogPipeline {
  /** `streamLabels` are the index labels. */
  forStream(streamLabels: Labels): StreamPipeline;
}

export interface SampleOutput {
  readonly value: number;
  /** Labels of the series this sample belongs to (grouping applied when there is one). */
  readonly labels: Labels;
  readonly key: string;
  /** Value of `__error__`, else ''. A metric query that meets one fails with it. */
  readonly error: string;
  readonly errorDetails: string;
}

/** One log line → one sample of a range aggregation. The output is one object, rewritten by each call. */
export interface SampleStream {
  process(input: PipelineInput): SampleOutput | undefined;
}

export interface SamplePipeline {
  forStream(streamLabels: Labels): SampleStream;
  /**
   * True: no stage and no unwrap reads the line or parsed labels, so block statistics may answer: any line gives the
   * sample's labels, and the counts are the statistics'.
   */
  readonly countsOnly: boolean;
  /** True: structured metadata matters to the outcome (filters, grouping, or it becomes part of the series). */
  readonly needsMetadata: boolean;
  readonly needsLines: boolean;
  /** What lines are needed for, when that is a few of their fields alone. */
  readonly lineFields: LineFields | undefined;
  /** True: a template may print the entry's time. Without, `timestampNs` of the input does not count. */
  readonly needsTimes: boolean;
}
