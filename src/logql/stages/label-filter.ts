// `| status >= 500 and app="x"`: comparisons of labels' values.
import type { LabelFilter } from '../ast.ts';
import { filterFault } from '../faults.ts';
import { parseLabelFilter } from '../parse-label-filter.ts';
import { printLabelFilter } from '../print-filter.ts';
import { inStage, type StageSyntax } from '../stage-syntax.ts';

export interface LabelFilterStage {
  readonly kind: 'labelFilter';
  readonly filter: LabelFilter;
}

export const labelFilter: StageSyntax<LabelFilterStage> = {
  opening: { tokens: ['IDENTIFIER', '('], piped: true },
  parse: (stream) => ({ kind: 'labelFilter', filter: parseLabelFilter(stream) }),
  print: ({ filter }) => `| ${printLabelFilter(filter)}`,
  fault: (stage) => inStage(labelFilter, stage, filterFault(stage.filter)),
  readsLine: false,
  changesLine: false,
  changesLabels: false,
  dropsEntries: true,
  readsTime: false,
  canRunInTail: true,
  extractsAllFields: () => false,
};
