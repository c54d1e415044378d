// `| line_format "{{.status}} …"`: the line becomes what the template prints. Templates are compiled with the pipeline.
import { quoteGo } from '../../go/quote.ts';
import type { StageSyntax } from '../stage-syntax.ts';

export interface LineFormatStage {
  readonly kind: 'lineFormat';
  readonly template: string;
}

export const lineFormat: StageSyntax<LineFormatStage> = {
  opening: { word: 'line_format', flags: [] },
  parse: (stream) => ({ kind: 'lineFormat', template: stream.expect('STRING').text }),
  print: ({ template }) => `| line_format ${quoteGo(template)}`,
  fault: () => undefined,
  readsLine: true,
  changesLine: true,
  changesLabels: false,
  dropsEntries: false,
  readsTime: true,
  canRunInTail: true,
  extractsAllFields: () => false,
};
