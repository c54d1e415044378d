// `| label_format a=b, c="{{…}}"`: renames labels and sets labels to what templates print, in the order written.
import { quoteGo } from '../../go/quote.ts';
import { firstFault } from '../faults.ts';
import { inStage, type StageSyntax } from '../stage-syntax.ts';
import type { TokenStream } from '../token-stream.ts';

export interface LabelFormatStage {
  readonly kind: 'labelFormat';
  readonly assignments: readonly LabelAssignment[];
}
export type LabelAssignment =
  | { readonly kind: 'rename'; readonly name: string; readonly from: string }
  | { readonly kind: 'template'; readonly name: string; readonly template: string };

export const labelFormat: StageSyntax<LabelFormatStage> = {
  opening: { word: 'label_format', flags: [] },
  parse: (stream) => ({ kind: 'labelFormat', assignments: stream.list(parseAssignment) }),
  print: ({ assignments }) => `| label_format ${assignments.map(printAssignment).join(',')}`,
  fault: (stage) => inStage(labelFormat, stage, assignmentsFault(stage.assignments)),
  readsLine: true,
  changesLine: false,
  changesLabels: true,
  dropsEntries: false,
  readsTime: true,
  canRunInTail: true,
  extractsAllFields: () => false,
};

function parseAssignment(stream: TokenStream): LabelAssignment {
  const name = stream.expect('IDENTIFIER').text;
  stream.expect('=');
  const from = stream.accept('IDENTIFIER');
  if (from !== undefined) return { kind: 'rename', name, from: from.text };
  return { kind: 'template', name, template: stream.expect('STRING', ['IDENTIFIER', 'STRING']).text };
}

const printAssignment = (part: LabelAssignment): string =>
  `${part.name}=${part.kind === 'rename' ? part.from : quoteGo(part.template)}`;

function assignmentsFault(assignments: readonly LabelAssignment[]): string | undefined {
  const names = new Set<string>();
  return firstFault(assignments, ({ name }) => {
    if (name === '__error__') return '__error__ cannot be formatted';
    if (names.has(name)) return `multiple label name '${name}' not allowed in a single format operation`;
    names.add(name);
    return undefined;
  });
}
