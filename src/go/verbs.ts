// What fmt's verbs make of strings, integers and floats: `%q`, `%x`, `%08.3f`. Undefined: the verb is not for such a value.
import { formatFloatE, formatFloatF, formatFloatG } from './float-verbs.ts';
import { quoteGo } from './quote.ts';

export interface Flags {
  plus: boolean;
  minus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  width: number | undefined;
  precision: number | undefined;
}

export function pad(text: string, { width, minus, zero }: Flags): string {
  if (width === undefined) return text;
  const missing = width - charactersOf(text);
  if (missing <= 0) return text;
  if (minus) return text + ' '.repeat(missing);
  return (zero ? '0' : ' ').repeat(missing) + text;
}

const charactersOf = (text: string): number => [...text].length;

export function formatString(verb: string, text: string, flags: Flags): string | undefined {
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

export function formatInteger(verb: string, value: bigint, flags: Flags): string | undefined {
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

export function formatFloat(verb: string, value: number, flags: Flags): string | undefined {
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
