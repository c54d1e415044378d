// Go string literals: what strconv.Quote writes and strconv.Unquote reads.

/**
 * `text` as a double-quoted Go literal, the way Go's `%q` prints it: control and other non-printing characters
 * escaped, everything else as it is.
 */
export function quoteGo(text: string): string {
  if (plain.test(text)) return `"${text}"`;
  let out = '"';
  for (const char of text) out += escapeChar(char);
  return `${out}"`;
}

/**
 * The text of a Go literal in double quotes or backquotes; undefined when it is not one. Escapes that give bytes
 * (`\xff`, `\377`) are read as UTF-8; bytes that are not UTF-8 become U+FFFD.
 */
export function unquoteGo(literal: string): string | undefined {
  if (literal.length < 2 || literal[0] !== literal[literal.length - 1]) return undefined;
  const body = literal.slice(1, -1);
  if (literal[0] === '`') return body.includes('`') ? undefined : body.replaceAll('\r', '');
  if (literal[0] !== '"' || body.includes('\n')) return undefined;
  if (body.includes('"') && !body.includes('\\')) return undefined;
  const text = unescapeGo(body, '"');
  return typeof text === 'string' ? text : undefined;
}

/** Why a literal is none: `letter` is what follows the backslash, '' where nothing does or where a quote ends the text. */
export interface EscapeFault {
  readonly kind: 'escape' | 'code point';
  readonly letter: string;
}

/** The text of what is between `quote`s. Escapes that give bytes are read as in {@link unquoteGo}. */
export function unescapeGo(body: string, quote: '"' | "'"): string | EscapeFault {
  if (!body.includes('\\')) return body;
  return new Unescaper(body, quote).text();
}

const plain = /^[ !#-[\]-~]*$/;
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u;
const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

function escapeChar(char: string): string {
  const short = shortEscapes[char];
  if (short !== undefined) return short;
  if (char === ' ' || printable.test(char)) return char;
  const code = char.codePointAt(0) as number;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  if (code >= 0xd800 && code < 0xe000) return '\ufffd';
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

class Unescaper {
  readonly #body: string;
  readonly #quote: string;
  #out = '';
  /** Of a run of byte escapes. */
  #bytes: number[] = [];

  constructor(body: string, quote: string) {
    this.#body = body;
    this.#quote = quote;
  }

  text(): string | EscapeFault {
    const body = this.#body;
    for (let at = 0; at < body.length; ) {
      const next = body.indexOf('\\', at);
      const plainEnd = next < 0 ? body.length : next;
      const plainText = body.slice(at, plainEnd);
      if (plainText.includes(this.#quote)) return { kind: 'escape', letter: '' };
      if (plainText !== '') this.#add(plainText);
      if (next < 0) break;
      const after = this.#escape(next);
      if (typeof after !== 'number') return after;
      at = after;
    }
    this.#add('');
    return this.#out;
  }

  #add(text: string): void {
    if (this.#bytes.length > 0) {
      this.#out += Buffer.from(this.#bytes).toString('utf8');
      this.#bytes = [];
    }
    this.#out += text;
  }

  /** Reads the escape at `at`; gives the offset after it. */
  #escape(at: number): number | EscapeFault {
    const letter = this.#body[at + 1] ?? '';
    const simple = letter === this.#quote ? letter : simpleEscapes[letter];
    if (simple !== undefined) {
      this.#add(simple);
      return at + 2;
    }
    const form = escapeForm(letter);
    const digitsAt = at + (form?.skip ?? 0);
    const digits = this.#body.slice(digitsAt, digitsAt + (form?.digits ?? 0));
    if (form === undefined || digits.length !== form.digits || !form.pattern.test(digits))
      return { kind: 'escape', letter };
    const code = Number.parseInt(digits, form.base);
    if (form.isByte) {
      if (code > 0xff) return { kind: 'escape', letter };
      this.#bytes.push(code);
    } else {
      if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return { kind: 'code point', letter };
      this.#add(String.fromCodePoint(code));
    }
    return digitsAt + form.digits;
  }
}

interface EscapeForm {
  readonly skip: number;
  readonly digits: number;
  readonly base: number;
  readonly pattern: RegExp;
  readonly isByte: boolean;
}
const hexDigits = /^[0-9a-fA-F]+$/;
const octal: EscapeForm = { skip: 1, digits: 3, base: 8, pattern: /^[0-7]+$/, isByte: true };
const hexByte: EscapeForm = { skip: 2, digits: 2, base: 16, pattern: hexDigits, isByte: true };
const shortRune: EscapeForm = { skip: 2, digits: 4, base: 16, pattern: hexDigits, isByte: false };
const longRune: EscapeForm = { skip: 2, digits: 8, base: 16, pattern: hexDigits, isByte: false };

function escapeForm(letter: string): EscapeForm | undefined {
  if (letter >= '0' && letter <= '7') return octal;
  if (letter === 'x') return hexByte;
  if (letter === 'u') return shortRune;
  if (letter === 'U') return longRune;
  return undefined;
}
