// Go's fmt.Sprintf, Sprint and Sprintln over template values.

import { formatFloatE, formatFloatF, formatFloatG } from '../go/float-verbs.ts';
import { quoteGo } from '../go/quote.ts';
import { FunctionError } from './template-error.ts';
import { integerOf, printNested, typeName, type Value } from './value.ts';

interface Flags {
  plus: boolean;
  minus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  width: number | undefined;
  precision: number | undefined;
}

/** As fmt has it: larger widths are errors, which also bounds the output. */
const widthMax = 1_000_000;

export function sprint(values: readonly Value[]): string {
  let text = '';
  for (const [i, value] of values.entries()) {
    // A space between operands when neither is a string.
    if (i > 0 && typeof value !== 'string' && typeof values[i - 1] !== 'string') text += ' ';
    text += printNested(value);
  }
  return text;
}

export const sprintln = (values: readonly Value[]): string => `${values.map(printNested).join(' ')}\n`;

export function sprintf(format: string, values: readonly Value[]): string {
  let out = '';
  let next = 0;
  let reordered = false;
  for (let at = 0; at < format.length; ) {
    const percent = format.indexOf('%', at);
    if (percent < 0) {
      out += format.slice(at);
      break;
    }
    out += format.slice(at, percent);
    at = percent + 1;
    const flags: Flags = {
      plus: false,
      minus: false,
      sharp: false,
      space: false,
      zero: false,
      width: undefined,
      precision: undefined,
    };
    for (; ; at++) {
      const c = format[at];
      if (c === '+') flags.plus = true;
      else if (c === '-') flags.minus = true;
      else if (c === '#') flags.sharp = true;
      else if (c === ' ') flags.space = true;
      else if (c === '0') flags.zero = true;
      else break;
    }
    let badIndex = false;
    const index = (): void => {
      const found = /^\[([^\]]*)\]/.exec(format.slice(at));
      if (!found) return;
      reordered = true;
      at += found[0].length;
      const number = /^\d+$/.test(found[1] as string) ? Number(found[1]) : 0;
      if (number < 1 || number > values.length) badIndex = true;
      else next = number - 1;
    };
    const star = (): number | undefined => {
      const value = next < values.length ? integerOf(values[next]) : undefined;
      next++;
      return value === undefined || value > BigInt(widthMax) || value < BigInt(-widthMax)
        ? undefined
        : Number(value);
    };
    const number = (): number | undefined => {
      const digits = /^\d+/.exec(format.slice(at, at + 10))?.[0];
      if (digits === undefined) return undefined;
      at += digits.length;
      return Number(digits);
    };
    index();
    if (format[at] === '*') {
      at++;
      flags.width = star();
      if (flags.width === undefined) out += '%!(BADWIDTH)';
      else if (flags.width < 0) {
        flags.width = -flags.width;
        flags.minus = true;
        flags.zero = false;
      }
    } else flags.width = number();
    if (format[at] === '.') {
      at++;
      index();
      if (format[at] === '*') {
        at++;
        flags.precision = star();
        if (flags.precision !== undefined && flags.precision < 0) flags.precision = undefined;
        else if (flags.precision === undefined) out += '%!(BADPREC)';
      } else flags.precision = number() ?? 0;
    }
    if ((flags.width ?? 0) > widthMax || (flags.precision ?? 0) > widthMax) {
      throw new FunctionError('width or precision too large');
    }
    index();
    const codePoint = format.codePointAt(at);
    if (codePoint === undefined) {
      out += '%!(NOVERB)';
      break;
    }
    const verb = String.fromCodePoint(codePoint);
    at += verb.length;
    if (verb === '%') out += '%';
    else if (badIndex) out += `%!${verb}(BADINDEX)`;
    else if (next >= values.length) out += `%!${verb}(MISSING)`;
    else out += formatVerb(verb, values[next++], flags);
  }
  if (!reordered && next < values.length) {
    const extra = values.slice(next).map((v) => (v == null ? '<nil>' : `${typeName(v)}=${printNested(v)}`));
    out += `%!(EXTRA ${extra.join(', ')})`;
  }
  return out;
}

function formatVerb(verb: string, value: Value, flags: Flags): string {
  if (verb === 'T') return pad(typeName(value), flags);
  if (value === undefined || value === null) return verb === 'v' ? pad('<nil>', flags) : `%!${verb}(<nil>)`;
  const bad = (): string => `%!${verb}(${typeName(value)}=${printNested(value)})`;
  if (typeof value === 'boolean') return verb === 't' || verb === 'v' ? pad(String(value), flags) : bad();
  if (typeof value === 'string') return formatString(verb, value, flags) ?? bad();
  if (typeof value === 'number') return formatFloat(verb, value, flags) ?? bad();
  const printsItself =
    typeof value === 'object' && 'toString' in value && typeName(value).startsWith('time.');
  if (printsItself && 'vsq'.includes(verb)) return formatString(verb, printNested(value), flags) ?? bad();
  const integer = integerOf(value);
  if (integer !== undefined) return formatInteger(verb, integer, flags) ?? bad();
  if (verb === 'v') return pad(flags.sharp ? goSyntax(value) : printNested(value), flags);
  if (Array.isArray(value)) return `[${value.map((v) => formatVerb(verb, v, flags)).join(' ')}]`;
  return verb === 's' ? pad(printNested(value), flags) : bad();
}

function goSyntax(value: Value): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (typeof value === 'string') return quoteGo(value);
  return value == null ? 'interface {}(nil)' : printNested(value);
}

const charactersOf = (text: string): number => [...text].length;

function pad(text: string, { width, minus, zero }: Flags): string {
  if (width === undefined) return text;
  const missing = width - charactersOf(text);
  if (missing <= 0) return text;
  if (minus) return text + ' '.repeat(missing);
  return (zero ? '0' : ' ').repeat(missing) + text;
}

function formatString(verb: string, text: string, flags: Flags): string | undefined {
  const { precision } = flags;
  const cut = precision === undefined ? text : [...text].slice(0, precision).join('');
  switch (verb) {
    case 's':
      return pad(cut, flags);
    case 'v':
      return pad(flags.sharp ? quoteGo(cut) : cut, flags);
    case 'q':
      return pad(flags.sharp && !/[`\p{Cc}]/u.test(cut) ? `\`${cut}\`` : quoteGo(cut), flags);
    case 'x':
    case 'X': {
      const bytes = Buffer.from(text).subarray(0, precision ?? undefined);
      const hex = [...bytes].map((b) => b.toString(16).padStart(2, '0'));
      const joined = flags.space ? hex.map((h) => (flags.sharp ? `0x${h}` : h)).join(' ') : hex.join('');
      const prefixed = flags.sharp && !flags.space && joined !== '' ? `0x${joined}` : joined;
      return pad(verb === 'X' ? prefixed.toUpperCase() : prefixed, flags);
    }
    default:
      return undefined;
  }
}

/** Zeros go between sign and digits. */
function padNumber(sign: string, prefix: string, digits: string, flags: Flags): string {
  const { width, minus, zero, precision } = flags;
  let body = precision === undefined ? digits : digits.padStart(precision, '0');
  if (precision === 0 && digits === '0') body = '';
  if (zero && !minus && precision === undefined && width !== undefined) {
    body = body.padStart(width - sign.length - prefix.length, '0');
  }
  return pad(sign + prefix + body, { ...flags, zero: false });
}

const bases: Readonly<Record<string, { base: number; prefix: string }>> = {
  b: { base: 2, prefix: '0b' },
  d: { base: 10, prefix: '' },
  v: { base: 10, prefix: '' },
  o: { base: 8, prefix: '0' },
  O: { base: 8, prefix: '' },
  x: { base: 16, prefix: '0x' },
  X: { base: 16, prefix: '0X' },
};

function formatInteger(verb: string, value: bigint, flags: Flags): string | undefined {
  if (verb === 'c' || verb === 'q' || verb === 'U') return formatRune(verb, value, flags);
  const form = bases[verb];
  if (form === undefined) return undefined;
  const negative = value < 0n;
  const sign = negative ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  const digits = (negative ? -value : value).toString(form.base);
  const prefix = verb === 'O' ? '0o' : flags.sharp ? form.prefix : '';
  return padNumber(sign, prefix, verb === 'X' ? digits.toUpperCase() : digits, flags);
}

function formatRune(verb: string, value: bigint, flags: Flags): string {
  const valid = value >= 0n && value <= 0x10ffffn && !(value >= 0xd800n && value <= 0xdfffn);
  const character = valid ? String.fromCodePoint(Number(value)) : '\ufffd';
  if (verb === 'c') return pad(character, flags);
  if (verb === 'q')
    return pad(`'${character === "'" ? "\\'" : quoteGo(character).slice(1, -1).replace('\\"', '"')}'`, flags);
  const digits = value
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(4, flags.precision ?? 0), '0');
  return pad(`U+${digits}${flags.sharp ? ` '${character}'` : ''}`, flags);
}

function formatFloat(verb: string, value: number, flags: Flags): string | undefined {
  const { precision } = flags;
  let text: string;
  switch (verb) {
    case 'v':
    case 'g':
      text = formatFloatG(value, precision ?? -1, 'e');
      break;
    case 'G':
      text = formatFloatG(value, precision ?? -1, 'E');
      break;
    case 'e':
    case 'E':
      text = formatFloatE(value, precision ?? 6, verb);
      break;
    case 'f':
    case 'F':
      text = formatFloatF(value, precision ?? 6);
      break;
    default:
      return undefined;
  }
  const finite = Number.isFinite(value);
  const signed = text.startsWith('-') || text.startsWith('+');
  let sign = signed ? (text[0] as string) : flags.plus ? '+' : flags.space ? ' ' : '';
  if (sign === '+' && !flags.plus && finite) sign = '';
  const body = signed ? text.slice(1) : text;
  return padNumber(sign, '', body, { ...flags, precision: undefined, zero: flags.zero && finite });
}
