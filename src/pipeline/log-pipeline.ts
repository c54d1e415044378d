// The pipeline of a log query: stages in, line and labels out.
import type { Stage } from '../logql/stages.ts';
import { levelName } from '../model/entry.ts';
import { LabelsBuilder } from './labels/labels-builder.ts';
import { type HintRules, hintingFilters, noHints, ParserHints } from './parser-hints.ts';
import type { LogPipeline } from './pipeline.ts';
import { type Apply, PipelineEntry } from './stage.ts';
import { compileLabelFilter } from './stages/label-filter.ts';
import { compileStage, sequence } from './stages.ts';

/**
 * Compiles the stages of a log query. Leave out line filters that the scan has already applied (see
 * `hoistLineFilters`). Throws ParseError when a stage is wrong in itself (a bad regex, pattern or template).
 */
export function compileLogPipeline(stages: readonly Stage[]): LogPipeline {
  const apply = sequence(stages.map((stage) => compileStage(stage).apply));
  const rules: HintRules = { ...noHints, filters: compileHintingFilters(stages) };
  return {
    forStream(streamLabels) {
      const labels = new LabelsBuilder(streamLabels);
      const entry = new PipelineEntry(labels, new ParserHints(rules));
      return {
        process(input) {
          entry.reset(input, levelName(input.level));
          if (!apply(entry)) return undefined;
          return { line: entry.line, labels: labels.result() };
        },
      };
    },
  };
}

/** Label filters that may drop an entry while a parser is still at it, by the one label they read. */
export function compileHintingFilters(stages: readonly Stage[]): HintRules['filters'] {
  const filters = new Map<string, Apply[]>();
  for (const [name, filter] of hintingFilters(stages)) {
    filters.set(name, [...(filters.get(name) ?? []), compileLabelFilter(filter)]);
  }
  return filters;
}
