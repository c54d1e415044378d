// The pipeline of a range aggregation: stages in, one sample with the labels of its series out.
import type { Grouping, RangeAggregation, Unwrap } from '../logql/ast.ts';
import { canPushGroupingDown } from '../logql/grouping-push-down.ts';
import { rangeOperations } from '../logql/operations/range-operations.ts';
import { type Stage, syntaxOf } from '../logql/stages.ts';
import { levelName } from '../model/entry.ts';
import type { Labels } from '../model/labels.ts';
import { LabelsBuilder } from './labels/labels-builder.ts';
import { type SeriesGrouping, SeriesLabels } from './labels/series-labels.ts';
import { lineFieldsOf } from './line-fields.ts';
import { compileHintingFilters } from './log-pipeline.ts';
import { filterLabels, ParserHints, sampleHints } from './parser-hints.ts';
import type { SampleOutput, SamplePipeline } from './pipeline.ts';
import { PipelineEntry } from './stage.ts';
import { compileLabelFilter } from './stages/label-filter.ts';
import { compileStage, sequence } from './stages.ts';
import { compileUnwrap } from './unwrap.ts';

export interface SamplePipelineOptions {
  /** The stages to run instead of the query's own: those that are left when the scan has applied line filters. */
  readonly stages?: readonly Stage[];
  /**
   * Grouping of a `sum` directly around the aggregation, which may be applied to each sample already; see
   * `canPushGroupingDown`. Ignored when the aggregation has a grouping of its own.
   */
  readonly outerGrouping?: Grouping | undefined;
}

/** Compiles a range aggregation's stages, unwrap and grouping. Throws ParseError when a stage is wrong in itself. */
export function compileSamplePipeline(
  range: RangeAggregation,
  options: SamplePipelineOptions = {},
): SamplePipeline {
  const ofBytes = rangeOperations[range.op].entryWeight === 'bytes';
  const written = options.stages ?? range.log.stages;
  const stages = ofBytes ? written : withoutUnreadLines(written);
  // Also what is left out must be right in itself.
  const read = new Set(stages);
  for (const stage of written) if (!read.has(stage)) compileStage(stage);
  const compiled = stages.map(compileStage);
  const apply = sequence(compiled.map((stage) => stage.apply));
  const grouping = seriesGrouping(range, options.outerGrouping);
  const { unwrap } = range;
  const postFilter = sequence((unwrap?.postFilters ?? []).map(compileLabelFilter));
  const convert = unwrap === undefined ? undefined : compileUnwrap(unwrap);
  const rules = sampleHints(
    {
      grouping,
      noLabels: grouping.noLabels,
      unwrapLabel: unwrap?.label ?? '',
      stageLabels: [
        ...compiled.flatMap(({ labelsRead }) => labelsRead),
        ...(unwrap?.postFilters ?? []).flatMap((filter) => filterLabels(filter)),
      ],
    },
    compileHintingFilters([...stages, ...postFilterStages(unwrap)]),
  );
  const linesNeeded = ofBytes || stages.some(readsLine);
  const metadataDecides = stages.length > 0 || unwrap !== undefined || !grouping.noLabels;

  const forStream = (streamLabels: Labels) => {
    const labels = new LabelsBuilder(streamLabels);
    const entry = new PipelineEntry(labels, new ParserHints(rules));
    const series = new SeriesLabels(labels, grouping);
    const output: Mutable<SampleOutput> = { value: 1, labels: [], key: '', error: '', errorDetails: '' };
    return {
      process(input: Parameters<PipelineEntry['reset']>[0]): SampleOutput | undefined {
        entry.reset(input, levelName(input.level));
        if (!apply(entry)) return undefined;
        if (convert !== undefined) {
          const value = convert(entry);
          if (value === undefined || !postFilter(entry)) return undefined;
          output.value = value;
        } else if (ofBytes) output.value = entry.lineBytesLength;
        series.into(output);
        return output;
      },
    };
  };
  return {
    forStream,
    countsOnly: unwrap === undefined && !stages.some(readsLine),
    needsMetadata: metadataDecides,
    needsLines: linesNeeded,
    lineFields: ofBytes ? undefined : lineFieldsOf(stages, rules),
    needsTimes: stages.some((stage) => syntaxOf(stage).readsTime),
  };
}

/** A new line that no later stage reads changes no sample: its template is not even run, so it cannot fail. */
function withoutUnreadLines(stages: readonly Stage[]): readonly Stage[] {
  return stages.filter((stage, i) => !changesLineAlone(stage) || stages.slice(i + 1).some(readsLine));
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const postFilterStages = (unwrap: Unwrap | undefined): Stage[] =>
  (unwrap?.postFilters ?? []).map((filter) => ({ kind: 'labelFilter', filter }));

/** Which labels make a series, with Loki's rules for unwrap and empty lists. */
function seriesGrouping(range: RangeAggregation, outer: Grouping | undefined): SeriesGrouping {
  const own = range.grouping ?? (canPushGroupingDown(range) ? outer : undefined);
  const labels = [...(own?.labels ?? [])].sort();
  const noLabels =
    rangeOperations[range.op].tellsAbsence ||
    (own !== undefined && own.kind === 'by' && own.labels.length === 0);
  const without = own?.kind === 'without';
  // Without a `by` list the unwrapped label leaves the series: its value is the sample.
  if (range.unwrap !== undefined && (labels.length === 0 || without)) {
    return { noLabels, without: true, labels: [...labels, range.unwrap.label] };
  }
  return { noLabels, without, labels };
}

const readsLine = (stage: Stage): boolean => syntaxOf(stage).readsLine;

function changesLineAlone(stage: Stage): boolean {
  const { changesLine, changesLabels, dropsEntries } = syntaxOf(stage);
  return changesLine && !changesLabels && !dropsEntries;
}
