// The words of PromQL.
import { unescapeGo } from '../../go/quote.ts';

export interface Token {
  readonly kind: 'word' | 'number' | 'duration' | 'string' | 'sign' | 'end';
  /** As written; of a string what it stands for. */
  readonly text: string;
  /** Where it begins, from 1. */
  readonly at: number;
}

/** A query that cannot be read, or asks for what recorded series do not have. */
export class PromqlError extends Error {
  override readonly name = 'PromqlError';
}

export const queryCharactersMax = 16_384;

const space = /(?:\s+|#[^\n]*)+/y;
const kinds = [
  ['duration', /(?:\d+(?:ms|[smhdwy]))+(?![a-zA-Z0-9_.])/y],
  ['number', /(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![a-zA-Z0-9_.])/y],
  ['word', /[a-zA-Z_:][a-zA-Z0-9_:]*/y],
  ['string', /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`/y],
  ['sign', /=~|!~|!=|==|>=|<=|[-+*/%^(){}[\],=<>@]/y],
] as const;

/** Throws {@link PromqlError}. */
export function promqlTokens(text: string): readonly Token[] {
  if (text.length > queryCharactersMax)
    throw new PromqlError(`the query is longer than ${queryCharactersMax} characters`);
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    space.lastIndex = at;
    at += space.exec(text)?.[0].length ?? 0;
    if (at >= text.length) break;
    const token = tokenAt(text, at);
    if (token === undefined)
      throw new PromqlError(`1:${at + 1}: parse error: unexpected ${JSON.stringify(text[at])}`);
    tokens.push({ ...token, text: token.kind === 'string' ? textOf(token) : token.text });
    at += token.text.length;
  }
  return [...tokens, { kind: 'end', text: '', at: text.length + 1 }];
}

function tokenAt(text: string, at: number): Token | undefined {
  for (const [kind, pattern] of kinds) {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) return { kind, text: found, at: at + 1 };
  }
  return undefined;
}

function textOf({ text, at }: Token): string {
  const body = text.slice(1, -1);
  const quote = text[0];
  if (quote !== '"' && quote !== "'") return body;
  const read = unescapeGo(body, quote);
  if (typeof read === 'string') return read;
  throw new PromqlError(`1:${at}: parse error: invalid escape in string`);
}
