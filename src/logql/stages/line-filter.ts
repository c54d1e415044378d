// `|= "a" or "b" or ip("10.0.0.0/8")`: passes when any alternative does (for negative operators: when none matches).
import { quoteGo } from '../../go/quote.ts';
import { addressFault, firstFault, regexFault } from '../faults.ts';
import { patternFilterError } from '../pattern.ts';
import { inStage, type StageSyntax } from '../stage-syntax.ts';
import type { TokenStream } from '../token-stream.ts';

export interface LineFilterStage {
  readonly kind: 'lineFilter';
  readonly op: LineFilterOp;
  readonly alternatives: readonly LineMatch[];
}
export type LineFilterOp = '|=' | '!=' | '|~' | '!~' | '|>' | '!>';
export interface LineMatch {
  readonly text: string;
  /** True for `ip("…")`; only with `|=` and `!=`. */
  readonly ip: boolean;
}

export const lineFilter: StageSyntax<LineFilterStage> = {
  opening: { tokens: ['|=', '!=', '|~', '!~', '|>', '!>'] satisfies LineFilterOp[], piped: false },
  parse: (stream) => {
    const op = stream.peek().kind as LineFilterOp;
    const alternatives: LineMatch[] = [];
    do {
      stream.next();
      stream.addTo(alternatives, parseAlternative(stream));
    } while (stream.peek().kind === 'or');
    return { kind: 'lineFilter', op, alternatives };
  },
  print: ({ op, alternatives }) => {
    const texts = alternatives.map(({ text, ip }) => (ip ? `ip(${quoteGo(text)})` : quoteGo(text)));
    return `${op} ${texts.join(' or ')}`;
  },
  fault: (stage) =>
    inStage(
      lineFilter,
      stage,
      firstFault(stage.alternatives, (match) => faultOf(stage.op, match)),
    ),
  readsLine: true,
  changesLine: false,
  changesLabels: false,
  dropsEntries: true,
  readsTime: false,
  canRunInTail: true,
  extractsAllFields: () => false,
};

function parseAlternative(stream: TokenStream): LineMatch {
  const text = stream.accept('STRING');
  if (text !== undefined) return { text: text.text, ip: false };
  stream.expect('ip', ['STRING', 'ip']);
  stream.expect('(');
  const address = stream.expect('STRING').text;
  stream.expect(')');
  return { text: address, ip: true };
}

function faultOf(op: LineFilterOp, { text, ip }: LineMatch): string | undefined {
  switch (op) {
    case '|=':
    case '!=':
      return ip ? addressFault(text) : undefined;
    case '|~':
    case '!~':
      return ip ? addressMisplaced : regexFault(text);
    case '|>':
    case '!>':
      return ip ? addressMisplaced : patternFilterError(text);
  }
}
const addressMisplaced = 'ip: invalid operation';
