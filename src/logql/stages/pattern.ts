// `| pattern "<ip> - <_> …"`: text between literals as labels.
import { quoteGo } from '../../go/quote.ts';
import { patternStageError } from '../pattern.ts';
import type { StageSyntax } from '../stage-syntax.ts';

export interface PatternStage {
  readonly kind: 'pattern';
  readonly pattern: string;
}

export const pattern: StageSyntax<PatternStage> = {
  opening: { word: 'pattern', flags: [] },
  parse: (stream) => ({ kind: 'pattern', pattern: stream.expect('STRING').text }),
  print: (stage) => `| pattern ${quoteGo(stage.pattern)}`,
  fault: (stage) => {
    const fault = patternStageError(stage.pattern);
    return fault && `invalid pattern parser: ${fault}`;
  },
  readsLine: true,
  changesLine: false,
  changesLabels: true,
  dropsEntries: false,
  readsTime: false,
  canRunInTail: true,
  extractsAllFields: () => false,
};
