// Lines cut into tokens for the pattern miner. A token is a longest run of characters that are no separators; what
// is between tokens, and the keys of `key=value` and `"key":value`, is the line's skeleton.
//
// `<_>` in place of a whole token always matches the token under `|>`: the filter takes the leftmost place where the
// text after a capture occurs, that text begins with a separator, and no token contains one.

export interface LineTokens {
  /** Equal skeletons have equally many tokens and equal text around them. */
  readonly skeleton: string;
  /** Text before each token and after the last: one more than tokens. */
  readonly gaps: readonly string[];
  /** The last one of a long line is a wildcard and stands for all the rest. */
  readonly tokens: readonly string[];
}

/** Tokens of a line; what follows belongs to the last one. */
const tokensMax = 128;
/** A longer token says nothing and costs memory: it is variable from the start. */
const tokenCharactersMax = 200;

/** What a variable token is shown as. Also what a token is that cannot be shown as it is. */
export const wildcard = '<_>';

/** A token's place in a skeleton: no gap contains it. */
const placeholder = '<';

/** Tokens of a line; undefined for one without any text. `cut`: the line goes on beyond the text. */
export function tokenize(line: string, cut: boolean): LineTokens | undefined {
  const gaps: string[] = [];
  const tokens: string[] = [];
  let skeleton = '';
  let gapStart = 0;
  let at = 0;
  const { length } = line;
  while (at < length) {
    // A colon before a token belongs to the gap: `"status":200`, `level: x` keeps its own.
    while (at < length && (isSeparator(line.charCodeAt(at)) || line.charCodeAt(at) === colon)) at++;
    if (at >= length) break;
    const start = at;
    while (at < length && !isSeparator(line.charCodeAt(at))) at++;
    if (isKey(line, start, at)) continue;
    const gap = line.slice(gapStart, start);
    gaps.push(gap);
    tokens.push(shownToken(line, start, at));
    skeleton += gap + placeholder;
    gapStart = at;
    if (tokens.length === tokensMax && at < length) return openTokens(gaps, tokens, skeleton);
  }
  if (line === '') return undefined;
  if (cut)
    return tokens.length > 0 ? openTokens(gaps, tokens, skeleton) : openTokens([''], [''], placeholder);
  const tail = line.slice(gapStart);
  gaps.push(tail);
  return { skeleton: skeleton + tail, gaps, tokens };
}

/** True for tokens that look like a value of their own: a number, an id, a time. */
export const looksVariable = (token: string): boolean => token === wildcard || digit.test(token);

function openTokens(gaps: string[], tokens: string[], skeleton: string): LineTokens {
  tokens[tokens.length - 1] = wildcard;
  return { skeleton: `${skeleton}>`, gaps: [...gaps, ''], tokens };
}

function shownToken(line: string, start: number, end: number): string {
  if (end - start > tokenCharactersMax) return wildcard;
  const token = line.slice(start, end);
  return token.includes('\uFFFD') || hasCapture(token) ? wildcard : token;
}

/** A key is part of the skeleton, unless it holds something that a pattern cannot say. */
function isKey(line: string, start: number, end: number): boolean {
  if (end - start > keyCharactersMax || !plainKey.test(line.slice(start, end))) return false;
  const next = line.charCodeAt(end);
  if (next === equals) return true;
  return next === quote && line.charCodeAt(start - 1) === quote && line.charCodeAt(end + 1) === colon;
}

const keyCharactersMax = 64;
const plainKey = /^[a-zA-Z_][\w.@/-]*$/;
const digit = /\d/;
/** Text that a pattern takes for a capture. */
const hasCapture = (text: string): boolean => text.includes('<') && /<[a-zA-Z_]\w*>/.test(text);

const colon = 0x3a;
const equals = 0x3d;
const quote = 0x22;

const separators = new Uint8Array(128);
for (const c of ' \t\r\n\v\f"\'`=,;|()[]{}') separators[c.charCodeAt(0)] = 1;
for (let c = 0; c < 0x20; c++) separators[c] = 1;

const isSeparator = (c: number): boolean => c < 128 && separators[c] === 1;
