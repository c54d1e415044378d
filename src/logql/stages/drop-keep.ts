// `| drop a, b="x"` and `| keep a, b="x"`: labels that go, and labels that alone stay.
import type { Matcher } from '../ast.ts';
import { firstFault, matcherFault } from '../faults.ts';
import { isMatchOp, parseMatcherTail } from '../parse-matchers.ts';
import { printMatcher } from '../print-filter.ts';
import { inStage, type StageSyntax } from '../stage-syntax.ts';
import type { TokenStream } from '../token-stream.ts';

/** A bare name, or a matcher on its value. */
export type LabelSelector = { readonly name: string; readonly matcher?: Matcher };
export interface DropStage {
  readonly kind: 'drop';
  readonly labels: readonly LabelSelector[];
}
export interface KeepStage {
  readonly kind: 'keep';
  readonly labels: readonly LabelSelector[];
}

export const drop: StageSyntax<DropStage> = {
  opening: { word: 'drop', flags: [] },
  parse: (stream) => ({ kind: 'drop', labels: stream.list(parseSelector) }),
  print: ({ labels }) => `| drop ${printSelectors(labels)}`,
  fault: (stage) => inStage(drop, stage, selectorsFault(stage.labels)),
  readsLine: false,
  changesLine: false,
  changesLabels: true,
  dropsEntries: false,
  readsTime: false,
  canRunInTail: true,
  extractsAllFields: () => false,
};

export const keep: StageSyntax<KeepStage> = {
  opening: { word: 'keep', flags: [] },
  parse: (stream) => ({ kind: 'keep', labels: stream.list(parseSelector) }),
  print: ({ labels }) => `| keep ${printSelectors(labels)}`,
  fault: (stage) => inStage(keep, stage, selectorsFault(stage.labels)),
  readsLine: false,
  changesLine: false,
  changesLabels: true,
  dropsEntries: false,
  readsTime: false,
  canRunInTail: true,
  extractsAllFields: () => false,
};

function parseSelector(stream: TokenStream): LabelSelector {
  const name = stream.expect('IDENTIFIER').text;
  const op = stream.peek().kind;
  if (!isMatchOp(op)) return { name };
  stream.next();
  return { name, matcher: parseMatcherTail(stream, name, op) };
}

const printSelectors = (labels: readonly LabelSelector[]): string =>
  labels.map(({ name, matcher }) => (matcher === undefined ? name : printMatcher(matcher))).join(',');

const selectorsFault = (labels: readonly LabelSelector[]): string | undefined =>
  firstFault(labels, ({ matcher }) => matcher && matcherFault(matcher));
