// `| json`, `| json label="path.to[0]"`: fields of a JSON object as labels.
import { parseJsonPath } from '../extraction-path.ts';
import { inStage, type StageSyntax } from '../stage-syntax.ts';
import { extractionFault, type LabelExtraction, parseExtractions, printExtractions } from './extractions.ts';

export interface JsonStage {
  readonly kind: 'json';
  readonly expressions: readonly LabelExtraction[];
}

export const json: StageSyntax<JsonStage> = {
  opening: { word: 'json', flags: [] },
  parse: (stream) => ({ kind: 'json', expressions: parseExtractions(stream) }),
  print: ({ expressions }) => `| json${printExtractions(expressions)}`,
  fault: (stage) => inStage(json, stage, extractionFault(stage.expressions, pathFault)),
  readsLine: true,
  changesLine: false,
  changesLabels: true,
  dropsEntries: false,
  readsTime: false,
  canRunInTail: true,
  extractsAllFields: ({ expressions }) => expressions.length === 0,
};

function pathFault(path: string): string | undefined {
  const steps = parseJsonPath(path);
  return typeof steps === 'string' ? steps : undefined;
}
