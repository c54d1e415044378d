// Splits a template into text and the tokens inside its actions.
import { TemplateError } from './template-error.ts';

export type TokenKind =
  | 'text'
  | 'left'
  | 'right'
  | 'space'
  | 'dot'
  | 'field'
  | 'variable'
  | 'identifier'
  | 'keyword'
  | 'string'
  | 'rawString'
  | 'char'
  | 'number'
  | 'bool'
  | 'nil'
  | 'pipe'
  | 'declare'
  | 'assign'
  | 'comma'
  | '('
  | ')'
  | 'end of file';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly at: number;
}

const keywords = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'range',
  'template',
  'with',
]);

const leftTrim = /^-[ \t\r\n]/;

/** Inside an action, tried in order at each position. All linear: no pattern repeats over another repeat. */
const rules: readonly (readonly [TokenKind, RegExp])[] = [
  ['space', /[ \t\r\n]+/y],
  ['declare', /:=/y],
  ['assign', /=/y],
  ['pipe', /\|/y],
  ['comma', /,/y],
  ['(', /\(/y],
  [')', /\)/y],
  ['string', /"(?:\\.|[^"\\\n])*"/y],
  ['rawString', /`[^`]*`/y],
  ['char', /'(?:\\.|[^'\\\n])+'/y],
  ['variable', /\$[\p{L}\p{Nd}_]*/uy],
  [
    'number',
    /[+-]?(?:0[xX][0-9a-fA-F_]+(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9]+)?|0[bB][01_]+|0[oO][0-7_]+|(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]+)?)/y,
  ],
  ['field', /\.[\p{L}_][\p{L}\p{Nd}_]*/uy],
  ['dot', /\./y],
  ['identifier', /[\p{L}_][\p{L}\p{Nd}_]*/uy],
];

export function fail(text: string, at: number, name: string, message: string): never {
  const line = text.slice(0, at).split('\n').length;
  throw new TemplateError(`template: ${name}:${line}: ${message}`);
}

function withoutTrailingSpace(text: string): string {
  let end = text.length;
  while (end > 0 && ' \t\r\n'.includes(text[end - 1] as string)) end--;
  return text.slice(0, end);
}

export function tokenize(text: string, name: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let trimNext = false;
  for (;;) {
    const open = text.indexOf('{{', at);
    let piece = text.slice(at, open < 0 ? undefined : open);
    if (trimNext) piece = piece.replace(/^[ \t\r\n]+/, '');
    if (open < 0) {
      if (piece !== '') tokens.push({ kind: 'text', text: piece, at });
      tokens.push({ kind: 'end of file', text: '', at: text.length });
      return tokens;
    }
    const trimsLeft = leftTrim.test(text.slice(open + 2, open + 4));
    if (trimsLeft) piece = withoutTrailingSpace(piece);
    if (piece !== '') tokens.push({ kind: 'text', text: piece, at });
    const inside = open + 2 + (trimsLeft ? 2 : 0);
    if (text.startsWith('/*', inside)) {
      const close = text.indexOf('*/', inside + 2);
      if (close < 0) fail(text, open, name, 'unclosed comment');
      const end = /^(?:[ \t\r\n]-)?\}\}/.exec(text.slice(close + 2, close + 6))?.[0];
      if (end === undefined) fail(text, open, name, 'comment ends before closing delimiter');
      trimNext = end.length > 2;
      at = close + 2 + end.length;
      continue;
    }
    tokens.push({ kind: 'left', text: '{{', at: open });
    const closed = tokenizeAction(text, trimsLeft ? open + 3 : open + 2, name, tokens);
    trimNext = closed.trims;
    at = closed.at;
  }
}

function tokenizeAction(
  text: string,
  from: number,
  name: string,
  tokens: Token[],
): { at: number; trims: boolean } {
  let at = from;
  let depth = 0;
  for (;;) {
    const trims = /[ \t\r\n]/.test(text[at] ?? '') && text.startsWith('-}}', at + 1);
    if (trims || text.startsWith('}}', at)) {
      if (depth > 0) fail(text, at, name, 'unclosed left paren');
      tokens.push({ kind: 'right', text: '}}', at });
      return { at: at + (trims ? 4 : 2), trims };
    }
    if (at >= text.length) fail(text, from, name, 'unclosed action');
    const token = nextToken(text, at, name);
    if (token.kind === '(') depth++;
    if (token.kind === ')' && --depth < 0) fail(text, at, name, 'unexpected right paren');
    tokens.push(token);
    at += token.text.length;
  }
}

function nextToken(text: string, at: number, name: string): Token {
  for (const [kind, pattern] of rules) {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found === undefined) continue;
    if (kind === 'space') {
      // The space before a trimming "-}}" belongs to the delimiter.
      const end = at + found.length;
      const length = text.startsWith('-}}', end) ? found.length - 1 : found.length;
      if (length > 0) return { kind, text: found.slice(0, length), at };
      continue;
    }
    if (kind === 'number' && /^[\p{L}\p{Nd}_]/u.test(text.slice(at + found.length, at + found.length + 2))) {
      fail(text, at, name, `bad number syntax: "${found}${text[at + found.length]}"`);
    }
    if (kind !== 'identifier') return { kind, text: found, at };
    if (found === 'true' || found === 'false') return { kind: 'bool', text: found, at };
    if (found === 'nil') return { kind: 'nil', text: found, at };
    return { kind: keywords.has(found) ? 'keyword' : 'identifier', text: found, at };
  }
  const c = text[at] as string;
  if (c === '"') fail(text, at, name, 'unterminated quoted string');
  if (c === '`') fail(text, at, name, 'unterminated raw quoted string');
  if (c === "'") fail(text, at, name, 'unterminated character constant');
  if (c === ':') fail(text, at, name, 'expected :=');
  return fail(text, at, name, `unexpected ${JSON.stringify(c)} in action`);
}
