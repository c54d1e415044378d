// `| unpack`: undoes Promtail's pack stage; labels and the line come out of the line's JSON.
import type { StageSyntax } from '../stage-syntax.ts';

export interface UnpackStage {
  readonly kind: 'unpack';
}

export const unpack: StageSyntax<UnpackStage> = {
  opening: { word: 'unpack', flags: [] },
  parse: () => ({ kind: 'unpack' }),
  print: () => '| unpack',
  fault: () => undefined,
  readsLine: true,
  changesLine: true,
  changesLabels: true,
  dropsEntries: false,
  readsTime: false,
  canRunInTail: true,
  extractsAllFields: () => false,
};
