// Label sets as push clients write them: `{app="web", env='prod'}`. Not a selector: only `=`, any number of labels,
// repeated names allowed (validation speaks of them), and Prometheus' error texts, which the contract keeps.

import { quoteGo, unescapeGo } from '../../go/quote.ts';
import type { LabelPair } from '../../model/labels.ts';
import { cutText } from '../entries/echoed-text.ts';
import { badRequest, type PushError } from '../limits/push-error.ts';
import type { SentLabels } from './sent-labels.ts';

interface Token {
  readonly kind: 'identifier' | 'string' | 'operator' | 'comma' | 'close' | 'end';
  /** As written. */
  readonly text: string;
  /** 0-based. */
  readonly at: number;
}

/**
 * The pairs in the order written, `keptMax` with a value at most; none for ''. Throws PushError 400
 * `couldn't parse labels: 1:<column>: parse error: …`.
 */
export function parseLabelSet(text: string, keptMax: number): SentLabels {
  if (text === '') return { pairs: [], unkept: 0 };
  let at = skipSpace(text, 0);
  if (text[at] !== '{') throw notASet(text, at);
  at++;
  const pairs: LabelPair[] = [];
  let unkept = 0;
  const next = (): Token => {
    const token = readToken(text, at);
    at = token.at + token.text.length;
    return token;
  };
  for (let token = next(); token.kind !== 'close'; token = next()) {
    if (token.kind === 'end') throw fault(text, token.at, 'unexpected end of input inside braces');
    if (token.kind !== 'identifier') throw unexpected(text, token, 'identifier or "}"');
    const operator = next();
    if (operator.text !== '=') throw unexpected(text, operator, '"="');
    const value = next();
    if (value.kind !== 'string') throw unexpected(text, value, 'string');
    if (pairs.length < keptMax) pairs.push([token.text, unquote(text, value)]);
    else if (value.text.length > 2) unkept++;
    const separator = next();
    if (separator.kind === 'close') break;
    if (separator.kind !== 'comma') throw unexpected(text, separator, '"," or "}"');
  }
  const rest = skipSpace(text, at);
  if (rest < text.length) throw fault(text, rest, `unexpected ${quoteGo(text.slice(rest, rest + 20))}`);
  return { pairs, unkept };
}

/** The column counts bytes, as the reference's does. */
function fault(text: string, at: number, message: string): PushError {
  const column = Buffer.byteLength(text.slice(0, at)) + 1;
  return badRequest(`couldn't parse labels: 1:${column}: parse error: ${message}`);
}

/** No brace at the start: a bare name is taken for a metric's, what follows it is the surprise. */
function notASet(text: string, start: number): PushError {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(text.slice(start))?.[0] ?? '';
  const at = skipSpace(text, start + name.length);
  if (at >= text.length) return fault(text, at, 'unexpected end of input, expected a label set');
  return fault(text, at, `unexpected ${quoteGo(text[at] as string)}`);
}

function unexpected(text: string, token: Token, expected: string): PushError {
  if (token.kind === 'end') return fault(text, token.at, 'unexpected end of input inside braces');
  const kind = token.kind === 'identifier' || token.kind === 'string' ? `${token.kind} ` : '';
  return fault(
    text,
    token.at,
    `unexpected ${kind}${quoteGo(cutText(token.text))} in label set, expected ${expected}`,
  );
}

const isSpace = (c: string | undefined): boolean => c === ' ' || c === '\t' || c === '\n' || c === '\r';

function skipSpace(text: string, start: number): number {
  let at = start;
  while (isSpace(text[at])) at++;
  return at;
}

function readToken(text: string, start: number): Token {
  const at = skipSpace(text, start);
  const c = text[at];
  if (c === undefined) return { kind: 'end', text: '', at };
  if (c === '}') return { kind: 'close', text: c, at };
  if (c === ',') return { kind: 'comma', text: c, at };
  if (c === '"' || c === "'" || c === '`') return { kind: 'string', text: quoted(text, at), at };
  if (c === '=' || c === '!') {
    const two = text.slice(at, at + 2);
    const operator = two === '=~' || two === '!=' || two === '!~' ? two : c;
    if (operator === '!')
      throw fault(text, at + 1, `unexpected character after '!' inside braces: '${text[at + 1]}'`);
    return { kind: 'operator', text: operator, at };
  }
  let end = at;
  while (end < text.length && /[a-zA-Z0-9_]/.test(text[end] as string)) end++;
  if (end === at || /[0-9]/.test(c)) {
    const character = String.fromCodePoint(text.codePointAt(at) as number);
    throw fault(text, at, `unexpected character inside braces: '${character}'`);
  }
  return { kind: 'identifier', text: text.slice(at, end), at };
}

/** A string with its quotes. */
function quoted(text: string, start: number): string {
  const quote = text[start];
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === quote) return text.slice(start, at + 1);
    if (quote !== '`' && text[at] === '\\') at++;
    else if (quote !== '`' && text[at] === '\n') break;
  }
  throw fault(text, start, quote === '`' ? 'unterminated raw string' : 'unterminated quoted string');
}

function unquote(text: string, { text: written, at }: Token): string {
  const inner = written.slice(1, -1);
  if (written[0] === '`') return inner;
  const value = unescapeGo(inner, written[0] === "'" ? "'" : '"');
  if (typeof value === 'string') return value;
  switch (value.kind) {
    case 'code point':
      throw fault(text, at, 'escape sequence is an invalid Unicode code point');
    case 'escape':
      throw fault(text, at, `unknown escape sequence '\\${value.letter}'`);
  }
}
