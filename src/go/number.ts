// Numbers as Go reads and prints them (strconv.ParseFloat, FormatFloat, fmt's %v and %f).
import { quoteGo } from './quote.ts';

/**
 * Parses like strconv.ParseFloat(text, 64): decimal and hexadecimal floats, inf, infinity, nan in any case.
 * Undefined when Go would return an error; {@link goFloatError} has its text.
 */
export function parseGoFloat(text: string): number | undefined {
  if (decimal.test(text)) {
    const value = Number(text.includes('_') ? text.replaceAll('_', '') : text);
    return Number.isFinite(value) ? value : undefined;
  }
  const special = specials.exec(text);
  if (special !== null) {
    if ((special[2] as string).toLowerCase() === 'nan') return special[1] === '' ? Number.NaN : undefined;
    return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  const value = parseHexFloat(text);
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

/** The text of Go's error for what {@link parseGoFloat} refused: `strconv.ParseFloat: parsing "x": invalid syntax`. */
export function goFloatError(text: string): string {
  const range = decimal.test(text) || parseHexFloat(text) !== undefined;
  return `strconv.ParseFloat: parsing ${quoteGo(text)}: ${range ? 'value out of range' : 'invalid syntax'}`;
}

/** The wire form of a sample value: shortest decimal without an exponent; `NaN`, `+Inf`, `-Inf`. FormatFloat(v, 'f', -1, 64). */
export function formatGoFloat(value: number): string {
  if (!Number.isFinite(value)) return formatSpecial(value);
  if (Object.is(value, -0)) return '-0';
  const text = String(value);
  return text.includes('e') ? plainDecimal(text) : text;
}

/** Go's `%v` and `%g`, FormatFloat(v, 'g', -1, 64): shortest digits, an exponent below 1e-4 and from 1e6 up. */
export function formatGoGeneral(value: number): string {
  if (!Number.isFinite(value)) return formatSpecial(value);
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [digits, power] = value.toExponential().split('e') as [string, string];
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 6) return formatGoFloat(value);
  const size = Math.abs(exponent);
  return `${digits}e${exponent < 0 ? '-' : '+'}${size < 10 ? '0' : ''}${size}`;
}

/** Go's `%f`: six digits after the point. */
export function formatGoFixed(value: number, digits = 6): string {
  if (!Number.isFinite(value)) return formatSpecial(value);
  const text =
    Math.abs(value) < 1e21 ? value.toFixed(digits) : `${plainDecimal(String(value))}.${'0'.repeat(digits)}`;
  return Object.is(value, -0) ? `-${text}` : text;
}

// Underscores may separate digits.
const decimal = /^[+-]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?$/;
const specials = /^([+-]?)(inf|infinity|nan)$/i;
const hexFloat = /^([+-]?)0[xX]([0-9a-fA-F_]*)(?:\.([0-9a-fA-F_]*))?[pP]([+-]?\d+)$/;

function formatSpecial(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

/** Spreads JavaScript's exponent form out: 1.5e-7 → 0.00000015. */
function plainDecimal(text: string): string {
  const [mantissa, power] = text.split('e') as [string, string | undefined];
  if (power === undefined) return text;
  const sign = mantissa.startsWith('-') ? '-' : '';
  const [whole, fraction = ''] = mantissa.slice(sign.length).split('.') as [string, string | undefined];
  const point = whole.length + Number(power);
  const digits = whole + fraction;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits + '0'.repeat(point - digits.length);
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Hexadecimal floats with their `p` exponent; underscores only between digits, as Go has it. */
function parseHexFloat(text: string): number | undefined {
  const parts = hexFloat.exec(text);
  if (parts === null) return undefined;
  const whole = parts[2] as string;
  const fraction = parts[3] ?? '';
  if (!underscoresSeparateDigits(`0x${whole}`) || !underscoresSeparateDigits(`0${fraction}`))
    return undefined;
  const wholeDigits = whole.replaceAll('_', '');
  const fractionDigits = fraction.replaceAll('_', '');
  if (wholeDigits.length + fractionDigits.length === 0) return undefined;
  // Number() of an integer literal rounds once, to nearest even; the scaling by a power of two is exact for
  // every value that is not subnormal.
  const mantissa = Number(`0x${wholeDigits}${fractionDigits}`);
  const value = mantissa * 2 ** (Number(parts[4]) - 4 * fractionDigits.length);
  return parts[1] === '-' ? -value : value;
}

const underscoresSeparateDigits = (text: string): boolean => !text.includes('__') && !text.endsWith('_');
