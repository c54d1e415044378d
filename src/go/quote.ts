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
  if (!body.includes('\\')) return body.includes('"') ? undefined : body;
  return unescapeGo(body);
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
  '"': '"',
};

function unescapeGo(body: string): string | undefined {
  let out = '';
  let bytes: number[] = []; // of a run of byte escapes
  const flush = (): void => {
    if (bytes.length === 0) return;
    out += Buffer.from(bytes).toString('utf8');
    bytes = [];
  };
  for (let at = 0; at < body.length; ) {
    const char = body[at] as string;
    if (char === '"') return undefined;
    if (char !== '\\') {
      flush();
      out += char;
      at++;
      continue;
    }
    const letter = body[at + 1];
    if (letter === undefined) return undefined;
    const simple = simpleEscapes[letter];
    if (simple !== undefined) {
      flush();
      out += simple;
      at += 2;
      continue;
    }
    const form = escapeForm(letter);
    if (form === undefined) return undefined;
    const digits = body.slice(at + form.skip, at + form.skip + form.digits);
    if (digits.length !== form.digits || !form.pattern.test(digits)) return undefined;
    const code = Number.parseInt(digits, form.base);
    if (form.isByte) {
      if (code > 0xff) return undefined;
      bytes.push(code);
    } else {
      if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return undefined;
      flush();
      out += String.fromCodePoint(code);
    }
    at += form.skip + form.digits;
  }
  flush();
  return out;
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
