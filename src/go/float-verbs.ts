// Go's float verbs for templates and printf.
import { formatGoFloat, formatGoGeneral } from './number.ts';

const signOf = (value: number): string => (value < 0 || Object.is(value, -0) ? '-' : '');

function exponentForm(digits: string, point: number, letter: string): string {
  const exponent = point - 1;
  const text = String(Math.abs(exponent)).padStart(2, '0');
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
  return `${digits[0]}${fraction}${letter}${exponent < 0 ? '-' : '+'}${text}`;
}

function decimalForm(digits: string, point: number): string {
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
  if (digits.length <= point) return digits + '0'.repeat(point - digits.length);
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** `%g`; precision −1 is the shortest text. */
export function formatFloatG(value: number, precision: number, letter: 'e' | 'E'): string {
  if (precision < 0 || !Number.isFinite(value) || value === 0) {
    const text = formatGoGeneral(value);
    return letter === 'E' ? text.replace('e', letter) : text;
  }
  const significant = Math.max(precision, 1);
  const [mantissa = '0', power = '0'] = Math.abs(value)
    .toExponential(Math.min(significant - 1, 100))
    .split('e');
  const digits = mantissa.replace('.', '').replace(/0+$/, '') || '0';
  const exponent = Number(power);
  // From this exponent on the exponent form is used.
  const exponentFrom = significant > digits.length && digits.length > exponent ? digits.length : significant;
  const form =
    exponent < -4 || exponent >= exponentFrom
      ? exponentForm(digits, exponent + 1, letter)
      : decimalForm(digits, exponent + 1);
  return signOf(value) + form;
}

export function formatFloatE(value: number, precision: number, letter: 'e' | 'E'): string {
  if (!Number.isFinite(value)) return formatGoGeneral(value);
  const [mantissa = '0', exponent = '0'] = Math.abs(value)
    .toExponential(precision < 0 ? undefined : Math.min(precision, 100))
    .split('e');
  return signOf(value) + exponentForm(mantissa.replace('.', ''), Number(exponent) + 1, letter);
}

/** `%f`; precision −1 is the shortest text. */
export function formatFloatF(value: number, precision: number): string {
  if (precision < 0 || !Number.isFinite(value)) return formatGoFloat(value);
  return signOf(value) + exactFixed(Math.abs(value), precision);
}

/** Rounds the exact binary value half to even, as Go does; toFixed stops at 1e21 and rounds by other rules. */
function exactFixed(value: number, precision: number): string {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const word = bits.getBigUint64(0);
  const exponentBits = Number((word >> 52n) & 0x7ffn);
  const mantissa = (word & 0xfffffffffffffn) | (exponentBits === 0 ? 0n : 1n << 52n);
  const exponent = Math.max(exponentBits, 1) - 1075;
  const scale = 10n ** BigInt(precision);
  let scaled: bigint;
  if (exponent >= 0) scaled = (mantissa << BigInt(exponent)) * scale;
  else {
    const divisor = 1n << BigInt(-exponent);
    const product = mantissa * scale;
    scaled = product / divisor;
    const rest = (product % divisor) * 2n;
    if (rest > divisor || (rest === divisor && scaled % 2n === 1n)) scaled++;
  }
  const digits = String(scaled).padStart(precision + 1, '0');
  return precision === 0 ? digits : `${digits.slice(0, -precision)}.${digits.slice(-precision)}`;
}
