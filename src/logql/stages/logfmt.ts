// `| logfmt [--strict] [--keep-empty] [label="field", …]`: `key=value` pairs as labels.
import { logfmtKeyError } from '../extraction-path.ts';
import { inStage, type StageSyntax } from '../stage-syntax.ts';
import { extractionFault, type LabelExtraction, parseExtractions, printExtractions } from './extractions.ts';

export interface LogfmtStage {
  readonly kind: 'logfmt';
  readonly strict: boolean;
  readonly keepEmpty: boolean;
  readonly expressions: readonly LabelExtraction[];
}

const strictFlag = '--strict';
const keepEmptyFlag = '--keep-empty';

export const logfmt: StageSyntax<LogfmtStage> = {
  opening: { word: 'logfmt', flags: [strictFlag, keepEmptyFlag] },
  parse: (stream) => {
    const flags = new Set<string>();
    for (;;) {
      const flag = stream.accept('FUNCTION_FLAG');
      if (flag === undefined) break;
      flags.add(flag.text);
    }
    return {
      kind: 'logfmt',
      strict: flags.has(strictFlag),
      keepEmpty: flags.has(keepEmptyFlag),
      expressions: parseExtractions(stream),
    };
  },
  print: ({ strict, keepEmpty, expressions }) => {
    const flags = (strict ? ` ${strictFlag}` : '') + (keepEmpty ? ` ${keepEmptyFlag}` : '');
    return `| logfmt${flags}${printExtractions(expressions)}`;
  },
  fault: (stage) => inStage(logfmt, stage, extractionFault(stage.expressions, logfmtKeyError)),
  readsLine: true,
  changesLine: false,
  changesLabels: true,
  dropsEntries: false,
  readsTime: false,
  canRunInTail: true,
  extractsAllFields: ({ expressions }) => expressions.length === 0,
};
