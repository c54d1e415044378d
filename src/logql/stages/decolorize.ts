// `| decolorize`: removes ANSI colour and style sequences from the line.
import type { StageSyntax } from '../stage-syntax.ts';

export interface DecolorizeStage {
  readonly kind: 'decolorize';
}

export const decolorize: StageSyntax<DecolorizeStage> = {
  opening: { word: 'decolorize', flags: [] },
  parse: () => ({ kind: 'decolorize' }),
  print: () => '| decolorize',
  fault: () => undefined,
  readsLine: true,
  changesLine: true,
  changesLabels: false,
  dropsEntries: false,
  readsTime: false,
  canRunInTail: true,
  extractsAllFields: () => false,
};
