// Text → tokens, one at a time, so that an error in the text is met only when the parser gets there.
//
// The rules are those of Loki's scanner, which is Go's text/scanner with additions: Go's number and string
// literals, Go's comments beside `#`, durations and byte sizes glued to a number, `[5m]` as one token, and any
// other character as an identifier of its own (so that `{job:x="y"}` fails at the colon, with "IDENTIFIER").
import { parseBytes } from '../go/bytes.ts';
import { parseGoDuration } from '../go/duration.ts';
import { parsePrometheusDuration } from '../go/prometheus-duration.ts';
import { unquoteGo } from '../go/quote.ts';
import { scanNumber } from './number-literal.ts';
import { ParseError } from './parse-error.ts';
import { stageFlags, stageWords } from './stages.ts';
import { endToken, functionKinds, keywords, signs, type Token } from './token.ts';

export class Lexer {
  readonly #text: string;
  #at = 0;
  /** Where the last token began: errors inside white space are reported there. */
  #lastOffset = 0;

  /** Where the first NUL is, which no token may hold; beyond the text when there is none. */
  readonly #nulAt: number;

  constructor(text: string) {
    this.#text = text;
    const nulAt = text.indexOf('\0');
    this.#nulAt = nulAt < 0 ? text.length : nulAt;
  }

  /** The next token; `$end` at the end, as often as asked. Throws ParseError for broken literals and for a NUL. */
  next(): Token {
    const token = this.#scan();
    if (this.#at > this.#nulAt) throw this.errorAt('invalid character NUL', this.#lastOffset, true);
    return token;
  }

  #scan(): Token {
    this.#skipSpace();
    const offset = this.#at;
    this.#lastOffset = offset;
    const char = this.#text[offset];
    if (char === undefined) return this.#token(endToken, '', offset);
    if (isWordStart(this.#text, offset)) return this.#word(offset);
    if (isDigit(char) || (char === '.' && isDigit(this.#text[offset + 1]))) return this.#number(offset);
    if (char === '"' || char === '`') return this.#string(offset, char);
    if (char === "'") return this.#charLiteral(offset);
    if (char === '[') return this.#range(offset);
    if (char === '-') {
      const special = this.#flag(offset) ?? this.#duration(offset, '-');
      if (special !== undefined) return special;
    }
    const two = this.#text.slice(offset, offset + 2);
    if (two.length === 2 && signs.has(two)) {
      this.#at += 2;
      return this.#token(two, two, offset, { lineless: true });
    }
    const one = String.fromCodePoint(this.#text.codePointAt(offset) as number);
    this.#at += one.length;
    return signs.has(one) ? this.#token(one, one, offset) : this.#token('IDENTIFIER', one, offset);
  }

  /** A ParseError placed at `offset`. */
  errorAt(message: string, offset: number, lineless = false): ParseError {
    // Empty text has no first line: Loki prints no position.
    if (this.#text === '') return new ParseError(`parse error : ${message}`);
    const before = this.#text.slice(0, offset);
    const line = lineless ? 0 : before.split('\n').length;
    const column = [...before.slice(before.lastIndexOf('\n') + 1)].length + 1;
    return new ParseError(`parse error at line ${line}, col ${column}: ${message}`, { line, column });
  }

  #token(kind: string, text: string, offset: number, extra?: Partial<Token>): Token {
    return { kind, text, offset, lineless: false, durationNs: 0n, bytes: 0, ...extra };
  }

  #skipSpace(): void {
    const text = this.#text;
    for (;;) {
      const char = text[this.#at];
      if (char === ' ' || char === '\t' || char === '\n' || char === '\r') {
        this.#at++;
      } else if (char === '#' || (char === '/' && text[this.#at + 1] === '/')) {
        const end = text.indexOf('\n', this.#at);
        this.#at = end < 0 ? text.length : end;
      } else if (char === '/' && text[this.#at + 1] === '*') {
        const end = text.indexOf('*/', this.#at + 2);
        if (end < 0) throw this.errorAt('comment not terminated', this.#lastOffset, true);
        this.#at = end + 2;
      } else if (char === '\0') {
        throw this.errorAt('invalid character NUL', this.#lastOffset, true);
      } else {
        return;
      }
    }
  }

  #word(offset: number): Token {
    word.lastIndex = offset;
    const text = (word.exec(this.#text) as RegExpExecArray)[0];
    this.#at += text.length;
    const lower = text.toLowerCase();
    const functionKind = functionKinds.get(lower);
    if (functionKind !== undefined && this.#callFollows()) return this.#token(functionKind, lower, offset);
    if (keywords.has(lower) || stageWords.has(lower)) return this.#token(lower, lower, offset);
    return this.#token('IDENTIFIER', text, offset);
  }

  #callFollows(): boolean {
    call.lastIndex = this.#at;
    return call.test(this.#text);
  }

  #number(offset: number): Token {
    const scanned = scanNumber(this.#text, offset);
    if (scanned.error !== undefined) throw this.errorAt(scanned.error, offset);
    const digits = this.#text.slice(offset, scanned.end);
    const unit = this.#duration(offset, digits) ?? this.#bytes(offset, digits);
    if (unit !== undefined) return unit;
    this.#at = scanned.end;
    return this.#token('NUMBER', digits, offset);
  }

  /** A duration that begins with `prefix`, or undefined when what follows does not make one. */
  #duration(offset: number, prefix: string): Token | undefined {
    durationRest.lastIndex = offset + prefix.length;
    const rest = (durationRest.exec(this.#text) as RegExpExecArray)[0];
    if (rest === '') return undefined;
    const text = prefix + rest;
    const prometheus = parsePrometheusDuration(text);
    const durationNs = typeof prometheus === 'bigint' ? prometheus : parseGoDuration(text);
    if (typeof durationNs === 'string') return undefined;
    this.#at = offset + text.length;
    return this.#token('DURATION', text, offset, { durationNs, lineless: true });
  }

  #bytes(offset: number, digits: string): Token | undefined {
    bytesRest.lastIndex = offset + digits.length;
    const rest = (bytesRest.exec(this.#text) as RegExpExecArray)[0];
    if (rest === '') return undefined;
    const bytes = parseBytes(digits + rest);
    if (typeof bytes === 'string') return undefined;
    this.#at = offset + digits.length + rest.length;
    return this.#token('BYTES', digits + rest, offset, { bytes, lineless: true });
  }

  #flag(offset: number): Token | undefined {
    flag.lastIndex = offset;
    const text = flag.exec(this.#text)?.[0];
    if (text === undefined || !stageFlags.has(text)) return undefined;
    this.#at += text.length;
    return this.#token('FUNCTION_FLAG', text, offset, { lineless: true });
  }

  #string(offset: number, quote: string): Token {
    let at = offset + 1;
    if (quote === '`') {
      at = this.#text.indexOf('`', at);
      if (at < 0) throw this.errorAt('literal not terminated', offset);
    } else {
      for (; this.#text[at] !== '"'; at++) {
        const char = this.#text[at];
        if (char === undefined || char === '\n') throw this.errorAt('literal not terminated', offset);
        if (char !== '\\') continue;
        charEscape.lastIndex = at;
        const scanned = charEscape.exec(this.#text);
        if (scanned === null) throw this.errorAt('invalid char escape', offset);
        at += scanned[0].length - 1;
      }
    }
    this.#at = at + 1;
    const text = unquoteGo(this.#text.slice(offset, this.#at));
    if (text === undefined) throw this.errorAt('invalid syntax', offset);
    return this.#token('STRING', text, offset);
  }

  /** Go's character literals: read as one token, which no rule takes. */
  #charLiteral(offset: number): Token {
    charLiteral.lastIndex = offset;
    const text = charLiteral.exec(this.#text)?.[0];
    if (text === undefined) throw this.errorAt('literal not terminated', offset);
    const length = [...text.slice(1, -1).replace(/\\(?:[0-7]{3}|x..|u.{4}|U.{8}|.)/gs, 'x')].length;
    if (length !== 1) throw this.errorAt('invalid char literal', offset);
    this.#at += text.length;
    return this.#token('IDENTIFIER', text, offset);
  }

  /** `[5m]`: one token, its inside a Prometheus duration. */
  #range(offset: number): Token {
    const end = this.#text.indexOf(']', offset);
    if (end < 0) throw this.errorAt("missing closing ']' in duration", offset, true);
    const text = this.#text.slice(offset + 1, end);
    const durationNs = parsePrometheusDuration(text);
    if (typeof durationNs === 'string') throw this.errorAt(durationNs, offset, true);
    this.#at = end + 1;
    return this.#token('RANGE', text, offset, { durationNs, lineless: true });
  }
}

const word = /[\p{L}_][\p{L}\p{Nd}_]*/uy;
const call = /\s*(?:\(|(?:by|without)\s*\()/iuy;
const durationRest = /[\p{N}nuµmshdwy.]*/uy;
const bytesRest = /[\p{N}BikKMGTP.]*/uy;
const flag = /--[\p{L}-]*/uy;
const charEscape = /\\(?:[abfnrtv\\"]|[0-7]{3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})/y;
const charLiteral = /'(?:\\[^\n]|[^'\\\n])*'/y;

const isDigit = (char: string | undefined): boolean => char !== undefined && char >= '0' && char <= '9';

function isWordStart(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code < 0x80) return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;
  word.lastIndex = at;
  return word.test(text);
}
